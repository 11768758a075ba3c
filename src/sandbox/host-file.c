/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the host that a command line names, by any path that open(2) takes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/trusted-path.h"
#include "sandbox/handle.h"
#include "sandbox/host-file.h"

/* What the caller has open already, such as the pipe that a shell makes of <(COMMAND). */
static bool is_open_already(const char *path)
{
	return path_is_below(path, "/dev/fd") || path_is_below(path, "/proc/self/fd") ||
	       strcmp(path, "/dev/stdin") == 0;
}

char *host_file_absolute(const char *path)
{
	_cleanup_free_ char *directory = *path == '/' ? strdup("/") : getcwd(NULL, 0),
			    *here = directory ? path_join(directory, ".") : NULL;

	return here ? path_of_link(here, path) : NULL;
}

static int open_trusted(const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int path_fd = -EBADF, fd = -EBADF;
	struct stat st;
	int r = trusted_path_open(
		path, TRUSTED_NO_CONTAINER | TRUSTED_ROOTS_LINKS, &path_fd, NULL, ret_error);

	if (r < 0)
		return r;
	if (fstat(path_fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot use %s: inspect it", path);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return error_set(ret_error, S_ISDIR(st.st_mode) ? EISDIR : EINVAL,
			"cannot use %s: it is not a file; a pipe is read as /dev/stdin or /dev/fd/N",
			path);
	fd = trusted_path_reopen(path_fd, O_RDONLY);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot use %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

PUBLIC int vsb_open_file(const char *path, int *ret_fd, vsb_error **error)
{
	_cleanup_free_ char *whole = host_file_absolute(path);

	if (!whole)
		return error_errno(error, errno, "cannot use %s", path);
	if (!is_open_already(whole))
		return open_trusted(whole, ret_fd, error);
	*ret_fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *ret_fd < 0 ? error_errno(error, errno, "cannot use %s", path) : 0;
}

void new_file_done(NewFile *file)
{
	file->directory = fd_close(file->directory);
	free(file->path);
	free(file->name);
	file->path = file->name = NULL;
}

int new_file_begin(const char *path, NewFile *ret, Error **ret_error)
{
	_cleanup_new_file_ NewFile file = { .directory = -EBADF, .path = host_file_absolute(path) };
	char *slash = file.path ? strrchr(file.path, '/') : NULL;
	int r;

	if (!slash || !slash[1])
		return error_set(ret_error, EINVAL, "cannot use %s: it names no file", path);
	file.name = strdup(slash + 1);
	*slash = '\0';
	r = file.name ? trusted_path_open(*file.path ? file.path : "/",
				TRUSTED_NO_CONTAINER | TRUSTED_ROOTS_LINKS, &file.directory, NULL,
				ret_error)
		      : error_oom(ret_error);
	*slash = '/';
	if (r < 0)
		return r;
	if (faccessat(file.directory, file.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(ret_error, EEXIST,
			"%s exists already; remove it first, or choose another name", path);
	*ret = file;
	file = NEW_FILE_NONE;
	return 0;
}

int new_file_open(const NewFile *file, int *ret_fd, Error **ret_error)
{
	*ret_fd = openat(file->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot make %s", file->path) : 0;
}

int new_file_name(const NewFile *file, int fd, Error **ret_error)
{
	return fsync(fd) < 0 || linkat(AT_FDCWD, fd_magic(fd).path, file->directory, file->name,
					AT_SYMLINK_FOLLOW) < 0
		       ? error_errno(ret_error, errno, "cannot name %s", file->path)
		       : 0;
}
