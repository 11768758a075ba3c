/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's journal among the host's, where the administrator asks for it: a link by machine-id, so that "journalctl -m" and "journalctl -M" find it.
 * The host's journalctl then reads what is written inside.
 */
#include "host/host.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/layout.h"

int host_journal_link(const char *uuid, const char *tree, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_JOURNAL), *target = NULL;
	_cleanup_free_ char *link = layout_pathf(LAYOUT_JOURNAL, "%s", uuid);
	struct stat st;

	if (!directory || !link)
		return error_oom(ret_error);
	/* A host without the directory keeps its journal in memory; making it here would change that behind its back. */
	if (stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (asprintf(&target, "%s/var/log/journal/%s", tree, uuid) < 0) {
		target = NULL;
		return error_oom(ret_error);
	}
	if (symlink(target, link) == 0)
		return 0;
	if (errno == EEXIST && lstat(link, &st) == 0 && S_ISLNK(st.st_mode) && unlink(link) == 0 &&
		symlink(target, link) == 0)
		return 0;
	return error_errno(ret_error, errno, "cannot link the journal in %s at %s", tree, link);
}

int host_journal_unlink(const char *uuid, Error **ret_error)
{
	_cleanup_free_ char *link = NULL;
	struct stat st;

	if (!uuid) /* a create that did not get that far */
		return 0;
	link = layout_pathf(LAYOUT_JOURNAL, "%s", uuid);
	if (!link)
		return error_oom(ret_error);
	if (lstat(link, &st) < 0 ||
		!S_ISLNK(st.st_mode)) /* a directory is the journal of a real machine */
		return 0;
	if (unlink(link) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", link);
	return 0;
}
