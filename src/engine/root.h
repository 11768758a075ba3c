/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's root while the builder makes it: what its parts need to know.
 */
#pragma once

#include <sys/types.h>

#include "engine/engine.h"

typedef struct Root {
	const EngineSpec *spec;
	int fd; /* the root tmpfs, also the working directory */
	int userns_fd; /* the container's user namespace, for id-mapped binds */
	uid_t owner; /* host id of the container's root, user and group alike */
	int *sources; /* what the description's mounts name on the host, by their number; -EBADF: not of the host */
	int console_fd; /* master of the console once /dev stands; -EBADF */
} Root;

/* The parts, in the order in which the builder calls them. Each sentence names the object. */

/* The tmpfs and its top directories. */
int root_open(Root *root, Error **ret_error);
/* /usr and what links into it. */
int root_bind_system(Root *root, Error **ret_error);
/* The private etc, var, root, home, srv. */
int root_bind_content(Root *root, Error **ret_error);
/* /run, /tmp, /dev/shm, the notify socket. */
int root_mount_volatile(Root *root, Error **ret_error);
/* Further directories of the host. */
int root_bind_shared(Root *root, Error **ret_error);
/* Last: the builder's mount namespace has this root alone then, read-only. */
int root_enter(Root *root, Error **ret_error);

/* A new file of the root tmpfs or of a volatile one, given to the owner; its directory must be
 * there. text may be NULL. */
int root_make_file(
	const Root *root, const char *path, mode_t mode, const char *text, Error **ret_error);
/* An empty file to mount on. */
int root_make_target(const Root *root, const char *path, Error **ret_error);
/* mkdir, given to the owner; one that is there already is left as it is. */
int root_make_directory(const Root *root, const char *path, mode_t mode, Error **ret_error);
/* A fresh tmpfs on path, labelled: below the root, whose content is still our own, or absolute, in
 * the host's. options without uid and gid. */
int root_mount_tmpfs(const Root *root, const char *path, const char *options,
	unsigned int attributes, Error **ret_error);
/* Options of a file system that we mount: options, the owner, the label's. Newly allocated. */
int root_mount_options(
	const Root *root, const char *fstype, const char *options, char **ret, Error **ret_error);
