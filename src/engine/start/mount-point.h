/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a mount goes. What lies below a mount that came from elsewhere is hostile, and is resolved below the root; where all is still of our making,
 * paths are as good, and cheaper.
 */
#pragma once

#include "engine/start/root.h"

/* Is all on the way to the target of this mount of our own making? */
bool mount_point_is_own(const Root *root, const char *target);
/* There, what is to be mounted on; path without the leading slash. */
int mount_point_make_own(const Root *root, const char *path, bool directory, Error **ret_error);

/* Has this Spec mounted a tmpfs there already, and nothing over it? */
bool mount_point_is_fresh(const Root *root, const char *target);
/* A descriptor of the directory that the path is in, where that is the root of a tmpfs which this Spec has mounted already: what is in it is of our making, whatever root it stands
 * in. -EOPNOTSUPP: it is another file system. */
int mount_point_open_fresh(const Root *root, const char *path);
/* Elsewhere: 1, and a descriptor; 0: nothing is there. -ELOOP: a link inside leads out of the container's content. */
int mount_point_find(const Root *root, const char *path, int *ret_fd, Error **ret_error);
/* What we make in the content is the container's, as if it had made it. A descriptor, or a negative errno. */
int mount_point_make_inside(const Root *root, const char *path, bool directory);
/* Finds it, and makes it if the mount says so. */
int mount_point_open(
	const Root *root, const SpecMount *mount, bool directory, int *ret_fd, Error **ret_error);
/* Writes what is at the mount's target, a file of whoever is inside, into its source, a file of the keeper's. */
int mount_point_begin_source(const Root *root, const SpecMount *mount, Error **ret_error);
