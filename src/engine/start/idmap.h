/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * User namespaces that only stand for id maps of mounts.
 */
#pragma once

#include "engine/start/root.h"

/* *ret_fd: a user namespace with that mapping, or -EBADF for none. The container's is duplicated. */
int idmap_open(const Root *root, SpecMapping mapping, const SpecIdMap *users,
	const SpecIdMap *groups, int *ret_fd, Error **ret_error);
/* "INSIDE OUTSIDE COUNT" lines, as the kernel takes them. Newly allocated; NULL without memory. */
char *idmap_format(const SpecIdMap *map);
