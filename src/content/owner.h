/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of owners as numbers, by the container's own passwd and group: the host's may name others. They are texts of the plan; those of a clone
 * are copied, and read from the tree.
 */
#pragma once

#include "plan/plan.h"

typedef struct OwnerMap {
	const char *passwd, *group; /* texts, borrowed from the plan or read; may be NULL */
	char *read_passwd, *read_group;
} OwnerMap;

OwnerMap owner_map(const Plan *plan);
void owner_map_done(OwnerMap *map);
/* Reads from the tree what the plan has no text for. A file that is not there yet, or is none, has no accounts. */
int owner_map_read(OwnerMap *map, int tree_fd);
/* NULL is root. -ENOENT: the container has no such account. */
int owner_user(const OwnerMap *map, const char *name, uid_t *ret, Error **ret_error);
int owner_group(const OwnerMap *map, const char *name, gid_t *ret, Error **ret_error);
/* An id of the host as it may stand on the container's disk: those above a container's range are root's. */
uid_t owner_of_host(uid_t id);
/* The number inside of an id that is seen where the container's root is base. */
uid_t owner_inside(uid_t id, uid_t base);

/* Gives what was just made its owner and mode, if it has another; a change that is none costs the file system a transaction. 0 or a negative
 * errno. */
int owner_give(int fd, uid_t uid, gid_t gid, mode_t mode);
