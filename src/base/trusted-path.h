/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths of the host that a description names. The name is the administrator's; what is on the way may not be: a directory that a
 * container, or a user of the host, may write to can hold a link to anywhere by tomorrow.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

typedef enum TrustedFlags {
	TRUSTED_NO_CONTAINER =
		1 << 0, /* nothing below what a container may write to, link or not */
	TRUSTED_ROOT_ONLY = 1 << 1, /* nobody but root can exchange it */
	TRUSTED_WITHIN = 1 << 2, /* nor what will be made in it */
	TRUSTED_LINK = 1 << 3, /* a link as last component is opened itself */
	TRUSTED_ROOTS_LINKS =
		1
		<< 4, /* links of root's count in directories of users, too: they can move, but not make them */
} TrustedFlags;

/* Opens an absolute, normal path (O_PATH), component by component. Links are followed where only root can make them: root's own, in
 * directories of root's that nobody else can write to and that are not below a marked one. Elsewhere a link is -ELOOP: without links the
 * way stays inside what its owner could write to anyway. A file of several names there is -EMLINK, as it may have been linked from
 * elsewhere. Every sentence begins with "cannot use PATH".
 * ret_real: the path without links, newly allocated; may be NULL. Kernel file systems and objects of any type are opened, too. */
int trusted_path_open(
	const char *path, TrustedFlags flags, int *ret_fd, char **ret_real, Error **ret_error);

/* The same; what was looked up on the way, in each directory by its path without links, is appended to *names, also where it fails: a change of one of them
 * may lead elsewhere. */
int trusted_path_trace(const char *path, TrustedFlags flags, char ***names, int *ret_fd,
	char **ret_real, Error **ret_error);

/* Marks the directory: a container may write to it from now on. The mark is an attribute that only the host's root can set and take
 * off, and it stays, as links that a container leaves do. Other objects, and read-only file systems, are left alone; on file systems
 * without attributes trusted_path_open() follows no links. fd may be O_PATH. */
int trusted_path_mark(int fd, const char *path, Error **ret_error);
bool trusted_path_is_marked(int fd); /* false, too, where it cannot be known */

/* A descriptor for reading or writing the very object that an O_PATH descriptor stands for: the path is not looked up again. Never
 * waits for the other end of a pipe. The descriptor or a negative errno. */
int trusted_path_reopen(int fd, int flags);
