/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's text interfaces for labels.
 */
#include "label/kernel.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"

bool kernel_has(const LabelHost *host, const char *path)
{
	_cleanup_free_ char *full = path_join(host->root, path);

	return full && file_exists(full);
}

static int read_at(int dirfd, const char *path, char **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = fd_read_at(dirfd, path, LABEL_TEXT_MAX, &text);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read %s", path);
	text[strcspn(text, "\n")] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

int kernel_read(const LabelHost *host, const char *path, char **ret, Error **ret_error)
{
	_cleanup_free_ char *full = path_join(host->root, path);

	return full ? read_at(AT_FDCWD, full, ret, ret_error) : error_oom(ret_error);
}

int kernel_read_table(const char *path, char **ret, Error **ret_error)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	r = fd_read_all(fd, FILE_LIMIT, ret, NULL);
	return r < 0 ? error_errno(ret_error, -r, "cannot read %s", path) : 0;
}

int kernel_write(const LabelHost *host, const char *path, const char *text, Error **ret_error)
{
	_cleanup_free_ char *full = path_join(host->root, path);

	return full ? file_write_kernel(AT_FDCWD, full, text, ret_error) : error_oom(ret_error);
}

int kernel_read_attr(int proc_fd, pid_t pid, const char *name, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%d/attr/%s", (int)pid, name) < 0) {
		path = NULL;
		return error_oom(ret_error);
	}
	return read_at(proc_fd, path, ret, ret_error);
}
