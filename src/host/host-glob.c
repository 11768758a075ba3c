/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Patterns of glob(7) below the host's root.
 */
#include "host/host-root.h"

#include <fnmatch.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"

#define GLOB_MATCHES_MAX 4096
#define GLOB_DEPTH_MAX 32 /* parts of a pattern */

/* above: what of the path is known, "" for the root. */
static int match_below(const HostRoot *root, const char *above, const char *pattern,
	unsigned int depth, char ***matches)
{
	size_t n = strcspn(pattern, "/");
	const char *rest = pattern + n + strspn(pattern + n, "/");
	_cleanup_free_ char *part = strndup(pattern, n);
	_cleanup_strv_ char **names = NULL;
	struct stat st;
	int r = 0;

	if (!part)
		return -ENOMEM;
	if (depth > GLOB_DEPTH_MAX)
		return 0;
	if (!strpbrk(part, "*?[\\")) {
		r = strv_append(&names, part);
	} else {
		r = host_root_list(root, *above ? above : "/", &names);
		if (r < 0)
			return r == -ENOMEM ? r : 0; /* nor can systemd list it */
	}
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = NULL;

		if (fnmatch(part, *name, FNM_PERIOD) != 0 && strcmp(part, *name) != 0)
			continue;
		path = path_join(*above ? above : "/", *name);
		if (!path)
			return -ENOMEM;
		if (*rest)
			r = match_below(root, path, rest, depth + 1, matches);
		else if (strv_length(*matches) < GLOB_MATCHES_MAX &&
			 host_root_lstat(root, path, &st) == 0)
			r = strv_append(matches, path);
		if (r < 0)
			return r;
	}
	return r;
}

int host_root_glob(const HostRoot *root, const char *pattern, char ***ret)
{
	_cleanup_strv_ char **matches = NULL;
	int r = 0;

	if (pattern[0] == '/')
		r = match_below(root, "", pattern + strspn(pattern, "/"), 0, &matches);
	if (r == 0)
		*ret = TAKE_PTR(matches);
	return r;
}
