/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * diff, du, prune, delete and undelete.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

#define DAYS_MAX 3650

/* -- diff -- */

int each_diff(const char *name, const Args *args, vsb_error **error)
{
	_cleanup_strv_ char **rows = NULL;
	bool json = args_has(args, "json");
	int r = vsb_diff(name, &rows, error);

	wait_end();
	if (r < 0)
		return r;
	if (json)
		(void)puts("[");
	for (char **row = rows; row && *row; row += 2) {
		if (!json) {
			(void)printf("%-9s ", row[0]);
			put_line(row[1]);
			continue;
		}
		(void)printf("  {\"change\": \"%s\", \"path\": ", row[0]);
		put_json_string(row[1]);
		(void)puts(row[2] ? "}," : "}");
	}
	if (json)
		(void)puts("]");
	return 0;
}

/* -- du -- */

static void print_amount(const char *digits)
{
	char text[AMOUNT_MAX] = "-";

	if (*digits)
		format_amount(text, strtoull(digits, NULL, 10));
	(void)printf("  %9s", text);
}

static void print_usage(const char *name, char *const *rows, bool json)
{
	if (json) {
		(void)fputs("{\"name\": ", stdout);
		put_json_string(name);
	} else {
		(void)printf("%-20s", name);
	}
	for (char *const *row = rows; *row; row += 2)
		if (json)
			(void)printf(", \"%s\": %s", row[0], *row[1] ? row[1] : "null");
		else
			print_amount(row[1]);
	(void)fputs(json ? "}" : "\n", stdout);
}

static int print_usages(char *const *names, bool json)
{
	bool any = false;
	int code = 0;

	if (json)
		(void)puts("[");
	for (; *names; names++) {
		_cleanup_error_ vsb_error *error = NULL;
		_cleanup_strv_ char **rows = NULL;
		int r;

		wait_begin("counting", *names);
		r = vsb_disk_usage(*names, &rows, &error);
		wait_end();
		if (r < 0) {
			report_error(error);
			code = EXIT_FAILED;
			continue;
		}
		if (json && any)
			(void)puts(",");
		if (!json && !any)
			(void)puts(
				"NAME                    PRIVATE     SHARED      IMAGE  SNAPSHOTS");
		any = true;
		print_usage(*names, rows, json);
	}
	if (json)
		(void)puts(any ? "\n]" : "]");
	return code;
}

int run_disk_usage(const Args *args)
{
	_cleanup_strv_ char **all = args->n_words > 0 ? NULL : command_names(false);

	if (args->n_words == 0 && !all)
		return EXIT_FAILED;
	return print_usages(all ? all : args->words, args_has(args, "json"));
}

/* -- prune -- */

static void print_pruned(char *const *rows, bool json, bool would)
{
	static const char *const words[][3] = { { "deleted", "Removed the deleted container",
							"Would remove the deleted container" },
		{ "base", "Removed the base", "Would remove the base" },
		{ "leftover", "Removed", "Would remove" } };

	for (char *const *row = rows; row && *row; row += 2) {
		if (json) {
			(void)printf("%s{\"kind\": \"%s\", \"name\": ",
				row == rows ? "  " : ",\n  ", row[0]);
			put_json_string(row[1]);
			(void)fputs("}", stdout);
			continue;
		}
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcmp(words[i][0], row[0]) == 0)
				(void)printf("%s ", words[i][would ? 2 : 1]);
		put_line(row[1]);
	}
}

static bool agrees(void)
{
	char answer[16];

	(void)fputs("Remove all of this permanently? [y/N] ", stdout);
	(void)fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

int run_prune(const Args *args)
{
	bool json = args_has(args, "json"), force = args_has(args, "force"),
	     dry = args_has(args, "dry-run");
	_cleanup_strv_ char **would = NULL, **rows = NULL;
	vsb_error *error = NULL;

	if (force && dry)
		return report_usage("prune", "--force and --dry-run exclude each other");
	if (!force && !dry && (json || !isatty(STDIN_FILENO)))
		return report_usage("prune",
			"it asks before it removes, and there is no terminal: give --force or --dry-run");
	if (!force && vsb_prune(true, &would, &error) < 0)
		return command_fail(error);
	if (json)
		(void)puts("[");
	if (!force)
		print_pruned(would, json, true);
	if (!force && !dry && would && !agrees())
		return EXIT_FAILED;
	if (!dry && (force || would)) {
		wait_begin("removing", "what nobody needs");
		if (vsb_prune(false, &rows, &error) < 0)
			return command_fail(error);
		wait_end();
		print_pruned(rows, json, false);
	}
	if (json)
		(void)puts((would ? would : rows) ? "\n]" : "]");
	return 0;
}

/* -- delete, undelete -- */

static int keep_days(const Args *args)
{
	return args_number(args, "keep-days", 1, DAYS_MAX, 0);
}

static int delete (const char *name, const Args *args, vsb_error **error)
{
	int days = keep_days(args);

	if (days > 0)
		return vsb_delete_keep(name, (unsigned int)days, error);
	return args_has(args, "force") ? vsb_delete_force(name, error) : vsb_delete(name, error);
}

int run_delete(const Args *args)
{
	if (keep_days(args) < 0)
		return report_usage(
			"delete", "--keep-days expects a number of days from 1 to 3650");
	if (keep_days(args) > 0 && args_has(args, "force"))
		return report_usage("delete", "--keep-days and --force exclude each other");
	return command_each(args, "deleting", delete);
}

int each_undelete(const char *name, const Args *args, vsb_error **error)
{
	(void)args;
	return vsb_undelete(name, error);
}
