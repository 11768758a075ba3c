/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an upgrade replaced in /etc.
 */
#include "content/etc-before.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "content/manifest.h"

#define PLACE ".etc-before"

int etc_before_begin(const Places *places, EtcBefore *ret, Error **ret_error)
{
	_cleanup_etc_before_ EtcBefore before = ETC_BEFORE_NONE;
	int r = file_read_optional(places->manifest, &before.manifest, NULL, ret_error);

	if (r < 0)
		return r;
	before.tree_fd = open(places->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (before.tree_fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", places->tree);
	r = file_remove_tree(before.tree_fd, PLACE, ret_error); /* of one who died */
	if (r < 0)
		return r;
	if (mkdirat(before.tree_fd, PLACE, 0700) < 0)
		return error_errno(
			ret_error, errno, "cannot create a directory in %s", places->tree);
	before.place_fd = path_open_no_links(before.tree_fd, PLACE, O_RDONLY | O_DIRECTORY, 0);
	if (before.place_fd < 0)
		return error_errno(
			ret_error, -before.place_fd, "cannot open %s/" PLACE, places->tree);
	*ret = before;
	before = (EtcBefore)ETC_BEFORE_NONE;
	return 0;
}

int etc_before_keep(EtcBefore *before, int parent_fd, const char *name, const char *path)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%zu", strv_length(before->replaced));
	if (strv_length(before->replaced) + strv_length(before->added) >= ETC_BEFORE_MAX)
		return -E2BIG;
	if (linkat(parent_fd, name, before->place_fd, number, 0) == 0)
		return strv_append(&before->replaced, path);
	return errno == ENOENT ? strv_append(&before->added, path) : -errno;
}

static int open_parent(const EtcBefore *before, const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - path)),
			    *whole = NULL;

	whole = parent ? path_join("etc", parent) : NULL;
	return whole ? path_open_no_links(before->tree_fd, whole, O_PATH | O_DIRECTORY, 0)
		     : -ENOMEM;
}

static int put_back(const EtcBefore *before, size_t number)
{
	const char *path = before->replaced[number];
	_cleanup_fd_ int fd = open_parent(before, path);
	char name[16];

	(void)snprintf(name, sizeof(name), "%zu", number);
	if (fd < 0)
		return fd;
	return renameat(before->place_fd, name, fd, path_base(path)) < 0 ? -errno : 0;
}

static int take_away(const EtcBefore *before, const char *path)
{
	_cleanup_fd_ int fd = open_parent(before, path);

	if (fd < 0)
		return fd;
	return unlinkat(fd, path_base(path), 0) < 0 && errno != ENOENT ? -errno : 0;
}

int etc_before_restore(EtcBefore *before, const Places *places, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (path, before->added) {
		r = take_away(before, *path);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot remove the new /etc/%s", *path);
	}
	for (size_t i = 0; before->replaced && before->replaced[i]; i++) {
		r = put_back(before, i);
		if (r < 0)
			return error_errno(
				ret_error, -r, "cannot restore /etc/%s", before->replaced[i]);
	}
	return before->manifest ? file_write_atomic(places->manifest, before->manifest,
					  strlen(before->manifest), 0600, ret_error)
				: manifest_forget(places->manifest, ret_error);
}

void etc_before_done(EtcBefore *before)
{
	if (before->tree_fd >= 0)
		(void)file_remove_tree(before->tree_fd, PLACE, NULL); /* the next one tries again */
	(void)fd_close(before->tree_fd);
	(void)fd_close(before->place_fd);
	strv_free(before->replaced);
	strv_free(before->added);
	free(before->manifest);
	*before = (EtcBefore)ETC_BEFORE_NONE;
}
