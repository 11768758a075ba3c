/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whole files of the host: read with a limit, replaced atomically. Not for paths below a container's tree, which are
 * hostile: those go through base/path.h.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define FILE_LIMIT                                                                                 \
	(16u * 1024 *                                                                              \
		1024) /* bytes; larger than any configuration file or package list that we read */

/* Reads a regular file, at most FILE_LIMIT bytes. ret_size may be NULL. -ENOENT comes with an error text as any other. */
int file_read(const char *path, char **ret, size_t *ret_size, Error **ret_error);
/* The same of one that need not be there: 1, or 0 and *ret is NULL. */
int file_read_optional(const char *path, char **ret, size_t *ret_size, Error **ret_error);

/* Replaces path by a new file with this content and mode: written without a name, fsynced unless it is below the run directory, then named. Old content stays on failure.
 * Naming it needs CAP_DAC_READ_SEARCH or Linux 6.10. */
int file_write_atomic(
	const char *path, const void *data, size_t size, mode_t mode, Error **ret_error);

/* The same without the fsync, for the many files of one step: whoever writes them calls file_sync_systems() before what makes them count. */
int file_write_unsynced(
	const char *path, const void *data, size_t size, mode_t mode, Error **ret_error);
/* Writes the file systems of these paths to their disks, each once. Missing paths are ignored. */
int file_sync_systems(char *const *paths, Error **ret_error);

/* Writes to a kernel file in one write(2), as procfs, cgroupfs and LSM interfaces demand. */
int file_write_kernel(int dirfd, const char *path, const char *text, Error **ret_error);

bool file_exists(const char *path);

/* Names of a directory's entries that end so, without the ending ("": all names), sorted; "." and ".." are none. One that is missing has no entries.
 * For directories that root alone fills: there is no limit. */
int file_list(const char *directory, const char *ending, char ***ret, Error **ret_error);
/* All names of one that is open, which stays so; not of an O_PATH descriptor. 0 or negative errno. */
int file_list_fd(int fd, char ***ret);

/* mkdir -p; directories that are made get mode. */
int file_mkdir_p(const char *path, mode_t mode, Error **ret_error);
/* The directory that the path is in, open to root alone. */
int file_mkdir_parent(const char *path, Error **ret_error);

/* Removes a tree below dirfd without following links or crossing into what is mounted there. A missing tree is success. */
int file_remove_tree(int dirfd, const char *name, Error **ret_error);

/* Takes an exclusive flock on path (made 0600 when missing, parents 0700) and returns the descriptor; close it to unlock.
 * Blocks until the lock is free. */
int file_lock(const char *path, int *ret_fd, Error **ret_error);
/* The same, if it is free; -EBUSY otherwise. */
int file_try_lock(const char *path, int *ret_fd, Error **ret_error);
