/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cp.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/report.h"

/* NAME:/PATH is a path in a container, unless a slash or a dot before the colon says that it is one of the host. Cuts word. */
static const char *take_container(char *word, const char **ret_path)
{
	char *colon = strchr(word, ':');

	if (!colon || colon == word || *word == '.' || memchr(word, '/', (size_t)(colon - word))) {
		*ret_path = word;
		return NULL;
	}
	*colon = '\0';
	*ret_path = colon + 1;
	return word;
}

int run_copy(const Args *args)
{
	unsigned int flags = (args_has(args, "follow") ? VSB_COPY_FOLLOW : 0) |
			     (args_has(args, "skip-special") ? VSB_COPY_SKIP_SPECIAL : 0);
	const char *source, *target, *from = take_container(args->words[0], &source),
				     *to = take_container(args->words[1], &target);
	_cleanup_error_ vsb_error *error = NULL;
	_cleanup_strv_ char **notes = NULL;
	Progress progress = {};
	int r;

	if (!from && !to)
		return report_usage("cp", "one of the two must be in a container, as NAME:/PATH");
	r = vsb_copy(from, source, to, target, flags, progress_show, &progress, &notes, &error);
	progress_clear(&progress);
	if (r == 0)
		put_lines(notes);
	else
		report_error(error);
	return r == 0 ? 0 : EXIT_FAILED;
}
