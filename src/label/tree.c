/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Labels of files.
 */
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "label/driver.h"

/* fsetxattr(2) refuses O_PATH descriptors; the magic link reaches what they stand for, a symbolic link itself included. */
static int set_xattr(int fd, const char *name, const char *value)
{
	char path[sizeof("/proc/self/fd/") + 11];

	if (fsetxattr(fd, name, value, strlen(value), 0) == 0)
		return 0;
	if (errno != EBADF)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* cannot be cut */
	return setxattr(path, name, value, strlen(value), 0) < 0 ? -errno : 0;
}

int label_set_fd(const Label *label, int fd, Error **ret_error)
{
	_cleanup_free_ char *name = NULL;
	struct stat st;
	int r;

	if (!label->file || !label->driver->xattr)
		return 0;
	if (asprintf(&name, "%s%s", label->host->xattr_prefix, label->driver->xattr) < 0) {
		name = NULL;
		return error_oom(ret_error);
	}
	r = set_xattr(fd, name, label->file);
	if (r < 0)
		return error_errno(ret_error, -r, "label a file of container %s %s",
			label->container, label->file);
	if (!label->driver->finish_file)
		return 0;
	if (fstat(fd, &st) < 0)
		return error_errno(
			ret_error, errno, "examine a file of container %s", label->container);
	return label->driver->finish_file(label, fd, st.st_mode, ret_error);
}

int label_relabel_tree(const Label *label, const char *path, Error **ret_error)
{
	(void)path;
	(void)ret_error;
	return label->file ? -EOPNOTSUPP : 0;
}

int label_restore_tree(const Label *label, const char *path, Error **ret_error)
{
	(void)path;
	(void)ret_error;
	return label->file ? -EOPNOTSUPP : 0;
}

int label_check_tree(const Label *label, const char *path, char ***ret, Error **ret_error)
{
	(void)path;
	(void)ret_error;
	if (label->file)
		return -EOPNOTSUPP;
	*ret = NULL;
	return 0;
}
