/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A cgroup of a unit, below the container's own, that is there before its systemd and that nothing inside can take away: what is attached to it holds from the first process
 * of the unit on, and after each restart.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* path: "/system.slice/app.service" below cgroup_fd; what is missing is made, for owner to use as its own. A descriptor of it. */
int held_cgroup_make(int cgroup_fd, const char *path, uid_t owner, int *ret_fd, Error **ret_error);
