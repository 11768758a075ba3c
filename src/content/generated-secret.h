/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets made fresh for one container.
 */
#pragma once

#include "plan/plan.h"

/* Is path what this entry makes, or what is made beside it: the certificate of a key, the public half of a host key? */
bool generated_secret_covers(const PlanEntry *entry, const char *path);

/* Makes what entry->content names at entry->path of the tree; parent_fd is its parent directory. uid and gid own the secret; what is public
 * beside it is root's. hostname stands in certificates. */
int generated_secret_make(const PlanEntry *entry, int tree_fd, int parent_fd, const char *hostname,
	uid_t uid, gid_t gid, Error **ret_error);
