/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * reach: who reaches whom.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

enum { FROM, TO, PORT, RULE, FIELDS };

static void print_table(char *const *rows)
{
	int widths[FIELDS] = { 4, 2, 4, 0 };

	for (char *const *row = rows; row && *row; row += FIELDS)
		for (size_t i = 0; i < RULE; i++)
			if ((int)strlen(row[i]) > widths[i])
				widths[i] = (int)strlen(row[i]);
	(void)printf("%-*s  %-*s  %-*s  RULE\n", widths[FROM], "FROM", widths[TO], "TO",
		widths[PORT], "PORT");
	for (char *const *row = rows; row && *row; row += FIELDS)
		(void)printf("%-*s  %-*s  %-*s  %s\n", widths[FROM], row[FROM], widths[TO], row[TO],
			widths[PORT], row[PORT], row[RULE]);
}

static void print_json(char *const *rows)
{
	static const char *const names[FIELDS] = { "from", "to", "port", "rule" };

	(void)putchar('[');
	for (char *const *row = rows; row && *row; row += FIELDS)
		for (size_t i = 0; i < FIELDS; i++) {
			(void)printf("%s\"%s\": ",
				i	      ? ", "
				: row == rows ? "\n  {"
					      : ",\n  {",
				names[i]);
			put_json_string(row[i]);
			(void)fputs(i + 1 < FIELDS ? "" : "}", stdout);
		}
	(void)puts(rows && *rows ? "\n]" : "]");
}

/* Names, addresses and our own words: nothing in them ends a quoted text. */
static void print_dot(char *const *rows)
{
	(void)puts("digraph reach {");
	for (char *const *row = rows; row && *row; row += FIELDS)
		(void)printf("\t\"%s\" -> \"%s\" [label=\"%s\", tooltip=\"%s\"];\n", row[FROM],
			row[TO], row[PORT], row[RULE]);
	(void)puts("}");
}

int run_reach(const Args *args)
{
	_cleanup_strv_ char **rows = NULL;
	_cleanup_error_ vsb_error *error = NULL;

	if (args_has(args, "json") && args_has(args, "dot"))
		return report_usage("reach", "--json and --dot are two formats; give one");
	if (vsb_reach(args->n_words ? args->words[0] : NULL, &rows, &error) < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	if (args_has(args, "json"))
		print_json(rows);
	else if (args_has(args, "dot"))
		print_dot(rows);
	else
		print_table(rows);
	return 0;
}
