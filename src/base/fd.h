/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File descriptors: owned locals, whole reads and writes. Every descriptor is CLOEXEC from birth.
 */
#pragma once

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Closes fd if it is >= 0, keeps errno, returns -EBADF: `fd = fd_close(fd)`. */
int fd_close(int fd);

static inline void fd_closep(int *fd)
{
	(void)fd_close(*fd);
}
#define _cleanup_fd_ _cleanup_(fd_closep)

/* For directories that are only read: closing them can lose nothing. */
DEFINE_CLEANUP(DIR *, closedir)
#define _cleanup_dir_ _cleanup_(closedirp)

typedef struct MagicLink {
	char path[sizeof("/proc/self/fd/") + 11];
} MagicLink;

/* The one name of what a descriptor stands for that nobody can redirect, for calls that take no O_PATH descriptor. */
MagicLink fd_magic(int fd);

/* Writes all of it, over interruptions and short writes. 0 or negative errno. */
int fd_write_all(int fd, const void *data, size_t size);

/* Reads to end of file, at most limit bytes; more is -EFBIG. *ret is NUL-terminated (the NUL is not counted). */
int fd_read_all(int fd, size_t limit, char **ret, size_t *ret_size);
/* The text of a file below a directory that nobody but the kernel or root fills: /proc, a cgroup. */
int fd_read_at(int dirfd, const char *name, size_t limit, char **ret);
