/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * export, import: a container as a file.
 */
#include <errno.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/report.h"

const Option export_rows[] = {
	{ "oci", 0, NULL, "as an OCI image: a directory, or an archive NAME.tar" },
	{ "direct", 0, NULL, "with --oci: the service runs without systemd" },
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

/* reproducible-builds.org: the time of whatever is made, instead of now. */
static bool read_source_date(int64_t *ret)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;

	*ret = -1;
	if (!text)
		return true;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && errno == 0;
}

int run_export(const Args *args)
{
	_cleanup_strv_ char **notes = NULL;
	unsigned int flags = (args_has(args, "pause") ? VSB_PAUSE : 0u) |
			     (args_has(args, "direct") ? VSB_DIRECT : 0u);
	vsb_error *error = NULL;
	Progress progress = {};
	int64_t created;
	int r;

	if (args_has(args, "direct") && !args_has(args, "oci"))
		return report_usage("export", "--direct requires --oci");
	if (!read_source_date(&created))
		return report_usage("export", "SOURCE_DATE_EPOCH is not a number of seconds");
	r = args_has(args, "oci") ? vsb_export_image(args->words[0], args->words[1], flags, created,
					    progress_show, &progress, &notes, &error)
				  : vsb_export(args->words[0], args->words[1], flags, progress_show,
					    &progress, &notes, &error);
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
