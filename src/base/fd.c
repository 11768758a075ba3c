/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File descriptors.
 */
#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int fd_close(int fd)
{
	if (fd >= 0) {
		int saved = errno;
		(void)close(fd); /* on Linux the descriptor is gone whatever close() returns */
		errno = saved;
	}
	return -EBADF;
}

MagicLink fd_magic(int fd)
{
	MagicLink link;

	(void)snprintf(link.path, sizeof(link.path), "/proc/self/fd/%d", fd); /* cannot be cut */
	return link;
}

int fd_write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int fd_read_all(int fd, size_t limit, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (room - size < 2) {
			size_t wanted = room ? room * 2 : 4096;
			char *grown = realloc(data, wanted);
			if (!grown)
				return -ENOMEM;
			data = grown;
			room = wanted;
		}
		n = read(fd, data + size, room - size - 1);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			break;
		size += (size_t)n;
		if (size > limit)
			return -EFBIG;
	}
	data[size] = '\0';
	*ret = TAKE_PTR(data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int fd_read_at(int dirfd, const char *name, size_t limit, char **ret)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_read_all(fd, limit, ret, NULL);
}
