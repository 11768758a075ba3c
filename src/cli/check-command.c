/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

static void print_json(char *const *rows)
{
	(void)puts("[");
	for (char *const *row = rows; row && *row; row += 3) {
		(void)printf("  {\"what\": \"%s\", \"there\": %s, \"refused\": ", row[0],
			strcmp(row[1], "yes") == 0  ? "true"
			: strcmp(row[1], "no") == 0 ? "false"
						    : "null");
		put_json_string(row[2]);
		(void)puts(row[3] ? "}," : "}");
	}
	(void)puts("]");
}

int run_check(const Args *args)
{
	_cleanup_strv_ char **rows = NULL;
	vsb_error *error = NULL;
	int code = 0;

	if (vsb_check(&rows, &error) < 0)
		return command_fail(error);
	for (char **row = rows; row && *row; row += 3)
		if (strcmp(row[1], "yes") != 0)
			code = EXIT_FAILED;
	if (args_has(args, "json")) {
		print_json(rows);
		return code;
	}
	for (char **row = rows; row && *row; row += 3) {
		bool there = strcmp(row[1], "yes") == 0;

		(void)printf("%-18s %s%s%s\n", row[0], *row[1] ? row[1] : "unknown",
			there ? "" : "; refused: ", there ? "" : row[2]);
	}
	return code;
}
