/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Links that the administrator put in the way: /var/lib/db -> /data/db. A service does not see them, so facts do not either: what they lead to counts as what
 * is there, and the links are kept beside (FactLink).
 */
#pragma once

#include "host/host-root.h"

/* lstat(2), but a link of root's that leads to a directory, or to a place that no container has, is followed and noted in facts. 0 or a negative errno. */
int host_links_lstat(const HostRoot *root, const char *path, Facts *facts, struct stat *ret);

/* Where the link at path leads, one step, if it is the administrator's, or leads to what belongs to whoever made it: newly allocated. -ENOENT: it is none, or
 * not to be followed; -ENOMEM. */
int host_links_step(const HostRoot *root, const char *path, const struct stat *st, char **ret);

/* Notes those that path leads through, itself included. A path that does not exist is no error. 0 or -ENOMEM. */
int host_links_note(const HostRoot *root, const char *path, Facts *facts);

/* Notes those on the way to what no other fact looks at: what units, homes of accounts, tmpfiles.d and the administrator name. 0 or -ENOMEM. */
int host_links_of_named(const HostRoot *root, char *const *with, Facts *facts);
