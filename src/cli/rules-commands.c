/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rules: what is known of products. check reads all files and prints what is wrong; list prints every stanza.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

int run_rules(const Args *args)
{
	bool list = strcmp(args->words[0], "list") == 0;
	vsb_error *error = NULL;
	char **lines = NULL;
	size_t n = 0;

	if (!list && strcmp(args->words[0], "check") != 0)
		return report_usage("rules", "say check or list");
	if (vsb_rules(&lines, &error) < 0) {
		report_error(error);
		vsb_error_free(error);
		return EXIT_FAILED;
	}
	if (list && args_has(args, "json"))
		put_json_strings(lines);
	else if (list)
		put_lines(lines);
	while (lines && lines[n])
		n++;
	if (!list)
		(void)printf("%zu rules, no errors\n", n);
	vsb_strv_free(lines);
	return 0;
}
