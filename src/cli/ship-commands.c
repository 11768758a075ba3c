/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * export, import: a container as a file.
 */
#include "cli/command.h"
#include "cli/report.h"

const Option export_rows[] = {
	{ "json", 0, NULL, "what it says, as JSON" },
	{ "pause", 0, NULL, "pause it meanwhile, if it is running" }, /* clone takes what follows */
	{},
};

const Option import_rows[] = {
	{ "dry-run", 'n', NULL, "look at the file and its packages, make nothing" },
	{ "trust", 0, NULL, "take what its description asks of this host" },
	{ "json", 0, NULL, "what it says, as JSON" },
	{},
};

static int end(int r, const Args *args, char *const *notes, vsb_error *error)
{
	if (r < 0)
		return command_fail(error);
	if (args_has(args, "json"))
		put_json_strings(notes);
	else
		put_lines((char **)notes);
	return 0;
}

int run_export(const Args *args)
{
	_cleanup_strv_ char **notes = NULL;
	vsb_error *error = NULL;
	Progress progress = {};
	int r = vsb_export(args->words[0], args->words[1], args_has(args, "pause") ? VSB_PAUSE : 0,
		progress_show, &progress, &notes, &error);

	progress_clear(&progress);
	return end(r, args, notes, error);
}

int run_import(const Args *args)
{
	unsigned int flags = (args_has(args, "trust") ? VSB_TRUST : 0u) |
			     (args_has(args, "dry-run") ? VSB_DRY_RUN : 0u);
	_cleanup_strv_ char **notes = NULL;
	vsb_error *error = NULL;
	Progress progress = {};
	int r = vsb_import(args->words[0], args->n_words > 1 ? args->words[1] : NULL, flags,
		progress_show, &progress, &notes, &error);

	progress_clear(&progress);
	return end(r, args, notes, error);
}
