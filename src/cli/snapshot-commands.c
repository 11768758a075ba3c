/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * snapshot, restore.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/command.h"
#include "cli/report.h"

const Option snapshot_rows[] = {
	{ "pause", 0, NULL, "pause it meanwhile, if it is running" },
	{ "list", 0, NULL, "those that it has" },
	{ "delete", 0, NULL, "remove NAME@TAG" },
	{ "json", 0, NULL, "as JSON" },
	{},
};

static int list(const char *name, bool json, vsb_error **error)
{
	_cleanup_strv_ char **rows = NULL;
	int r = vsb_snapshots(name, &rows, error);

	if (r < 0)
		return r;
	(void)fputs(json ? "[" : rows ? "TAG                   MADE\n" : "", stdout);
	for (char **row = rows; row && *row; row += 2) {
		time_t made = (time_t)strtoll(row[1], NULL, 10);
		char date[32] = "";
		struct tm local;

		if (json) {
			(void)fputs(row == rows ? "{\"tag\": " : ",\n{\"tag\": ", stdout);
			put_json_string(row[0]);
			(void)printf(", \"made\": %s}", row[1]);
			continue;
		}
		if (localtime_r(&made, &local))
			(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &local);
		(void)printf("%-20s  %s\n", row[0], date);
	}
	(void)fputs(json ? "]\n" : "", stdout);
	return 0;
}

static int make(const Args *args, vsb_error **error)
{
	_cleanup_text_ char *tag = NULL;
	int r = vsb_snapshot(args->words[0], args->n_words > 1 ? args->words[1] : NULL,
		args_has(args, "pause") ? VSB_PAUSE : 0, &tag, error);

	if (r == 0 && args_has(args, "json")) {
		(void)fputs("{\"tag\": ", stdout);
		put_json_string(tag);
		(void)puts("}");
	} else if (r == 0) {
		(void)puts(tag);
	}
	return r;
}

int run_snapshot(const Args *args)
{
	bool lists = args_has(args, "list"), deletes = args_has(args, "delete");
	vsb_error *error = NULL;
	int r;

	if (lists + deletes + args_has(args, "pause") > 1)
		return report_usage("snapshot", "--list, --delete and --pause exclude each other");
	if ((lists || deletes) && args->n_words > 1)
		return report_usage("snapshot",
			lists ? "--list expects one container" : "--delete expects one NAME@TAG");
	if (deletes && args_has(args, "json"))
		return report_usage("snapshot", "--delete prints nothing as JSON");
	r = lists     ? list(args->words[0], args_has(args, "json"), &error)
	    : deletes ? vsb_snapshot_delete(args->words[0], &error)
		      : make(args, &error);
	return r < 0 ? command_fail(error) : 0;
}

int run_restore(const Args *args)
{
	vsb_error *error = NULL;

	return vsb_restore(args->words[0], &error) < 0 ? command_fail(error) : 0;
}
