/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounts as descriptors: the new mount API with error sentences; and by path, which is cheaper,
 * where every directory on the way is ours. Nothing is mounted by path below content.
 */
#pragma once

#include <stdbool.h>
#include <sys/mount.h>
#include <sys/types.h>

#include "base/error.h"

#define MOUNT_QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* A new instance of a file system, detached. options: "key=value,flag", a value with commas in
 * double quotes; may be NULL. attributes: MOUNT_ATTR_*. */
int mountfd_new(const char *fstype, const char *options, unsigned int attributes, int *ret_fd,
	Error **ret_error);

typedef enum MountCloneFlags {
	MOUNT_CLONE_RECURSIVE = 1 << 0, /* with what is mounted below */
	MOUNT_CLONE_FOLLOW =
		1 << 1, /* the last component may be a link: for paths of the host alone */
} MountCloneFlags;

/* A detached bind of path below dirfd; "" means dirfd itself. A link as last component is bound
 * itself. */
int mountfd_clone(
	int dirfd, const char *path, MountCloneFlags flags, int *ret_fd, Error **ret_error);

/* Sets attributes; userns_fd >= 0 makes the mount id-mapped by that user namespace. what: its name
 * in the sentence. */
int mountfd_set(int fd, MountCloneFlags flags, unsigned int attributes, int userns_fd,
	const char *what, Error **ret_error);

/* Read-only: all that is mounted below it; itself it stays as it is. */
int mountfd_protect_below(int fd, const char *what, Error **ret_error);

/* What the host mounts below it later comes in, and nothing goes out. */
int mountfd_enslave(int fd, MountCloneFlags flags, const char *what, Error **ret_error);

/* As mountfd_new(), attached on target at once: one call of the kernel instead of ten. For targets that we
 * made ourselves. */
int mount_new(const char *fstype, const char *target, const char *options, unsigned int attributes,
	Error **ret_error);

/* A plain bind by path, with these MS_ flags unless 0. A third of the cost of clone, set and
 * attach, each of which makes a file and a namespace: for sources of the host and targets that we
 * made ourselves. 0 or negative errno. */
int mount_bind(const char *source, const char *target, unsigned long flags);

/* Attaches a detached mount on name below dirfd; "" means on dirfd itself. Links are not followed. */
int mountfd_attach(int fd, int dirfd, const char *name, Error **ret_error);
