/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of ours in memory that nobody can write to.
 */
#include "engine/enter/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/layout.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* since Linux 6.3 */
#endif

int sealed_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

int sealed_program(const char *name, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = layout_program(name);
	_cleanup_fd_ int file = -EBADF, fd = -EBADF;
	struct stat st;

	if (!path)
		return error_oom(ret_error);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &st) < 0)
		return error_errno(ret_error, errno, "cannot open the helper program %s", path);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* an older kernel, where every one can be executed */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot allocate memory for %s", path);
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(fd, file, NULL, (size_t)left);

		if (n <= 0)
			return error_errno(
				ret_error, n < 0 ? errno : EIO, "cannot copy %s into memory", path);
		left -= n;
	}
	if (sealed_seal(fd) < 0)
		return error_errno(ret_error, errno, "cannot seal the copy of %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
