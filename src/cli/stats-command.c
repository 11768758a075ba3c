/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stats.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

#define TEXTS 3 /* of one figure, see vsb_stats() */
#define WATCH_SECONDS 2
#define METRIC "virt_sandbox_"

/* What the table shows; all of it is in --json. */
static const struct {
	const char *title, *figure;
	double unit;
	int decimals;
} columns[] = {
	{ "CPU-S", "cpu-usec", 1e6, 2 },
	{ "MEM-MB", "memory-bytes", 1 << 20, 1 },
	{ "LIMIT-MB", "memory-limit-bytes", 1 << 20, 0 },
	{ "OOM", "memory-oom-kills", 1, 0 },
	{ "PIDS", "pids", 1, 0 },
	{ "READ-MB", "io-read-bytes", 1 << 20, 1 },
	{ "WRITTEN-MB", "io-written-bytes", 1 << 20, 1 },
	{ "RECEIVED-MB", "net-received-bytes", 1 << 20, 1 },
	{ "SENT-MB", "net-sent-bytes", 1 << 20, 1 },
};

typedef struct Stats {
	const char *name;
	char **figures;
} Stats;

static const char *value_of(char *const *figures, const char *name)
{
	for (; figures && *figures; figures += TEXTS)
		if (strcmp(figures[0], name) == 0)
			return figures[2];
	return "";
}

static void print_table(const Stats *all, size_t n)
{
	(void)printf("%-20s", "NAME");
	for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++)
		(void)printf("  %*s", (int)strlen(columns[c].title), columns[c].title);
	(void)puts("");
	for (size_t i = 0; i < n; i++) {
		(void)printf("%-20s", all[i].name);
		for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++) {
			const char *value = value_of(all[i].figures, columns[c].figure);
			int width = (int)strlen(columns[c].title);

			if (*value)
				(void)printf("  %*.*f", width, columns[c].decimals,
					strtod(value, NULL) / columns[c].unit);
			else
				(void)printf("  %*s", width, "-");
		}
		(void)puts("");
	}
}

static void print_json(const Stats *all, size_t n)
{
	(void)fputs("[", stdout);
	for (size_t i = 0; i < n; i++) {
		(void)printf("%s{\"name\":\"%s\"", i ? "," : "", all[i].name);
		for (char **f = all[i].figures; *f; f += TEXTS)
			(void)printf(",\"%s\":%s", f[0], *f[2] ? f[2] : "null");
		(void)fputs("}", stdout);
	}
	(void)puts("]");
}

/* OpenMetrics wants all samples of a metric together; what is not known is not there. */
static void print_metrics(const Stats *all, size_t n)
{
	for (size_t row = 0; n > 0 && all[0].figures[row]; row += TEXTS) {
		const char *kind = all[0].figures[row + 1];
		char metric[64];

		(void)snprintf(metric, sizeof(metric), METRIC "%s", all[0].figures[row]);
		for (char *p = metric; *p; p++)
			*p = *p == '-' ? '_' : *p;
		(void)printf("# TYPE %s %s\n", metric, kind);
		for (size_t i = 0; i < n; i++)
			if (*all[i].figures[row + 2])
				(void)printf("%s%s{name=\"%s\"} %s\n", metric,
					strcmp(kind, "counter") == 0 ? "_total" : "", all[i].name,
					all[i].figures[row + 2]);
	}
	(void)puts("# EOF");
}

static void print(const Args *args, const Stats *all, size_t n)
{
	if (args_has(args, "json"))
		print_json(all, n);
	else if (args_has(args, "openmetrics"))
		print_metrics(all, n);
	else
		print_table(all, n);
}

/* Of those that are named, or of all that run: one that ends meanwhile is no error then. */
static int look(const Args *args, char *const *names, size_t n, bool named)
{
	Stats *all = calloc(n + 1, sizeof(*all));
	size_t known = 0;
	int code = 0;

	if (!all)
		return command_fail(NULL);
	for (size_t i = 0; i < n; i++) {
		_cleanup_error_ vsb_error *error = NULL;

		all[known].name = names[i];
		if (vsb_stats(names[i], &all[known].figures, &error) >= 0) {
			known++;
		} else if (named || vsb_error_code(error) != ENOTCONN) {
			report_error(error);
			code = EXIT_FAILED;
		}
	}
	if (code == 0 || known > 0)
		print(args, all, known);
	while (known > 0)
		vsb_strv_free(all[--known].figures);
	free(all);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}

static int look_at_all(const Args *args)
{
	_cleanup_strv_ char **names = command_names(true);
	size_t n = 0;

	while (names && names[n])
		n++;
	return names ? look(args, names, n, false) : EXIT_FAILED;
}

int run_stats(const Args *args)
{
	int code;

	if (args_has(args, "json") && args_has(args, "openmetrics"))
		return report_usage("stats", "--json and --openmetrics exclude each other");
	do
		code = args->n_words ? look(args, args->words, args->n_words, true)
				     : look_at_all(args);
	while (code == 0 && args_has(args, "watch") && sleep(WATCH_SECONDS) == 0);
	return code;
}
