/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * User namespaces that only stand for id maps of mounts.
 */
#pragma once

#include "engine/start/root.h"

/* One with these maps. */
int idmap_open_namespace(
	const SpecIdMap *users, const SpecIdMap *groups, int *ret_fd, Error **ret_error);
/* Makes those that SPEC_MAPPING_OWN needs. Before there is a root: whose root is not his mount namespace's makes no user namespace. */
int idmap_make_own(Root *root, Error **ret_error);
void idmap_done(Root *root);
/* The one that stands for this mapping, borrowed; -EBADF: none is needed. */
int idmap_fd(
	const Root *root, SpecMapping mapping, const SpecIdMap *users, const SpecIdMap *groups);
/* "INSIDE OUTSIDE COUNT" lines, as the kernel takes them. Newly allocated; NULL without memory. */
char *idmap_format(const SpecIdMap *map);
