/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * base: the bases of full systems.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/report.h"

#define COLUMNS 6 /* of a row of vsb_base_list() */
#define SHORT 12 /* digits of an id in the table */

enum { ID, FROM, ARCH, INIT, MADE, USERS };

static int create(const Args *args, vsb_error **error)
{
	_cleanup_desc_ vsb_desc *desc = NULL;
	_cleanup_text_ char *id = NULL;
	Progress progress = {};
	int r = vsb_desc_new(&desc, error);

	if (r == 0)
		r = command_describe(desc, args, error);
	if (r == 0)
		r = vsb_base_create(desc, progress_show, &progress, &id, error);
	progress_clear(&progress);
	if (r == 0)
		(void)puts(id);
	return r;
}

/* Words with blanks between, as a JSON array's content. */
static void print_words(const char *text)
{
	char word[256];
	int n;

	for (const char *p = text; sscanf(p, "%255s%n", word, &n) == 1; p += n) {
		(void)fputs(p == text ? "" : ", ", stdout);
		put_json_string(word);
	}
}

static void print_json(char *const *rows)
{
	static const char *const keys[] = { "id", "from", "arch", "init" };

	(void)putchar('[');
	for (size_t i = 0; rows && rows[i]; i += COLUMNS) {
		(void)fputs(i ? ",\n{ " : "{ ", stdout);
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			(void)printf("\"%s\": ", keys[k]);
			put_json_string(rows[i + k]);
			(void)fputs(", ", stdout);
		}
		(void)printf("\"made\": %s, \"users\": [", rows[i + MADE]);
		print_words(rows[i + USERS]);
		(void)fputs("] }", stdout);
	}
	(void)puts("]");
}

static void print_table(char *const *rows)
{
	if (rows)
		(void)printf("%-*s  %-8s %-10s %-28s %s\n", SHORT, "BASE", "ARCH", "MADE", "FROM",
			"USED BY");
	for (size_t i = 0; rows && rows[i]; i += COLUMNS) {
		time_t made = (time_t)strtoll(rows[i + MADE], NULL, 10);
		char line[8192], day[16] = "";
		struct tm date;

		if (localtime_r(&made, &date))
			(void)strftime(day, sizeof(day), "%Y-%m-%d", &date);
		(void)snprintf(line, sizeof(line), "%.*s  %-8s %-10s %-28s %s", SHORT, rows[i + ID],
			rows[i + ARCH], day, rows[i + FROM],
			*rows[i + USERS] ? rows[i + USERS] : "-");
		put_line(line);
	}
}

static int list(const Args *args, vsb_error **error)
{
	_cleanup_strv_ char **rows = NULL;
	int r = vsb_base_list(&rows, error);

	if (r < 0)
		return r;
	if (args_has(args, "json"))
		print_json(rows);
	else
		print_table(rows);
	return 0;
}

int run_base(const Args *args)
{
	bool makes = strcmp(args->words[0], "create") == 0,
	     lists = strcmp(args->words[0], "list") == 0;
	vsb_error *error = NULL;

	if (!makes && !lists && strcmp(args->words[0], "delete") != 0)
		return report_usage("base", "say create, list or delete");
	if (!makes && (args_has(args, "os") || args_has(args, "os-from") || args_has(args, "arch")))
		return report_usage("base", "--os, --os-from and --arch are for create");
	if (!lists && args_has(args, "json"))
		return report_usage("base", "--json is for list");
	if (makes || lists) {
		if (args->n_words > 1)
			return report_usage("base",
				makes ? "create takes no name: a base is named after its content"
				      : "list takes no name");
		return (makes ? create(args, &error) : list(args, &error)) < 0 ? command_fail(error)
									       : 0;
	}
	if (args->n_words < 2)
		return report_usage("base", "the base is missing");
	for (size_t i = 1; i < args->n_words; i++)
		if (vsb_base_delete(args->words[i], &error) < 0)
			return command_fail(error);
	return 0;
}
