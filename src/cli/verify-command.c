/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * verify.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

#define VERIFY_TEXTS 5 /* of vsb_verify() for each claim */

static void print_json(char *const *rows)
{
	static const char *const keys[] = { "what", "holds", "found", "why", "remedy" };

	(void)puts("[");
	for (char *const *row = rows; row && *row; row += VERIFY_TEXTS) {
		for (size_t i = 0; i < VERIFY_TEXTS; i++) {
			(void)printf("%s\"%s\": ", i ? ", " : "  {", keys[i]);
			put_json_string(row[i]);
		}
		(void)puts(row[VERIFY_TEXTS] ? "}," : "}");
	}
	(void)puts("]");
}

static void print_claim(char *const *row)
{
	char line[512];

	(void)snprintf(
		line, sizeof(line), "%-9s  %s%s%s", row[1], row[0], *row[2] ? ": " : "", row[2]);
	put_line(line);
	if (strcmp(row[1], "no") != 0)
		return;
	(void)printf("%-9s  why it matters: %s\n%-9s  what to do: %s\n", "", row[3], "", row[4]);
}

int run_verify(const Args *args)
{
	_cleanup_strv_ char **rows = NULL;
	vsb_error *error = NULL;
	int code = 0;

	if (vsb_verify(args->words[0], &rows, &error) < 0)
		return command_fail(error);
	for (char **row = rows; row && *row; row += VERIFY_TEXTS)
		if (strcmp(row[1], "no") == 0 || strcmp(row[1], "unknown") == 0)
			code = EXIT_FAILED;
	if (args_has(args, "json"))
		print_json(rows);
	else
		for (char **row = rows; row && *row; row += VERIFY_TEXTS)
			print_claim(row);
	return code;
}
