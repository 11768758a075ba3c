/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * create and clone: what makes a container's tree.
 */
#include <errno.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

static int describe(const Args *args, vsb_desc **ret, vsb_error **error)
{
	_cleanup_desc_ vsb_desc *desc = NULL;
	int r = vsb_desc_new(&desc, error);
	if (r >= 0)
		r = vsb_desc_set(desc, "core.name", args->words[0], error);
	if (r >= 0)
		r = command_describe(desc, args, error);
	if (r < 0)
		return r;
	*ret = desc;
	desc = NULL;
	return 0;
}

/* units: of the host, to be taken over; what becomes of them is told first. */
static int print_plan(vsb_desc *desc, char **units, bool json, vsb_error **error)
{
	_cleanup_text_ char *plan = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r = 0;

	if (*units)
		r = vsb_take_over_plan(desc, units, &lines, error);
	if (r == 0)
		r = vsb_create_plan(desc, json, &plan, error);
	if (r < 0)
		return r;
	for (size_t i = 0; !json && lines && lines[i]; i++)
		(void)printf("host: %s\n", lines[i]);
	(void)fputs(plan, stdout);
	return 0;
}

static int create(vsb_desc *desc, char **units, vsb_error **error)
{
	_cleanup_strv_ char **notes = NULL;
	Progress progress = {};
	int r;

	if (*units)
		r = vsb_take_over(desc, units, progress_show, &progress, &notes, error);
	else
		r = vsb_create(desc, progress_show, &progress, &notes, error);
	progress_clear(&progress);
	if (r < 0)
		return r;
	put_lines(notes);
	return 0;
}

static int create_or_print(const Args *args, char **units, vsb_error **error)
{
	_cleanup_desc_ vsb_desc *desc = NULL;
	int r = describe(args, &desc, error);

	if (r < 0)
		return r;
	return args_has(args, "dry-run") ? print_plan(desc, units, args_has(args, "json"), error)
					 : create(desc, units, error);
}

int run_create(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	char **units;
	int r;

	if (args_has(args, "json") && !args_has(args, "dry-run"))
		return report_usage("create", "--json is for --dry-run");
	if (args_has(args, "take-over") && !args_has(args, "copy"))
		return report_usage("create",
			"--take-over needs --copy (-C): the container continues with the service's data");
	units = args_values(args, "take-over");
	r = units ? create_or_print(args, units, &error) : -ENOMEM;
	free(units);
	if (r == 0)
		return 0;
	report_error(error);
	return EXIT_FAILED;
}

int run_clone(const Args *args)
{
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_strv_ char **notes = NULL;
	int r;

	wait_begin("cloning", args->words[0]);
	r = vsb_clone_of(args->words[0], args->words[1], args_has(args, "pause") ? VSB_PAUSE : 0,
		&notes, &error);
	wait_end();
	if (r < 0) {
		report_error(error);
		return EXIT_FAILED;
	}
	put_lines(notes);
	return 0;
}
