/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The freezer of cgroup v2: all processes of a container stop in their tracks, and go on. Root inside can freeze what is below; the switch of the whole is the host's.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* cgroup: the container's directory, as in its RunState; NULL: it has none. */
bool freezer_is_on(const char *cgroup);
/* -EOPNOTSUPP: the host, or its kernel, has none. Freezing waits until all have stopped, and takes it back when they have not in ten seconds: -EBUSY. */
int freezer_set(const char *cgroup, bool on, Error **ret_error);
