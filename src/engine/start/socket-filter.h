/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the sockets of a container may send, receive and bind to (net/socket-rule.h): programs of the kernel's at its cgroup, which nothing inside can take away.
 */
#pragma once

#include "engine/spec/spec.h"

/* -EINVAL for a rule that means nothing; -E2BIG. */
int socket_filter_check(const Spec *spec, Error **ret_error);
/* Attaches it to the cgroup, and it goes with that; rules of a unit to the cgroup of the unit, which is made for owner, the container's root. Nothing to do without rules. */
int socket_filter_apply(int cgroup_fd, const Spec *spec, uid_t owner, Error **ret_error);
/* Is what the rules say in force at the cgroup, and at those of its units? 1, 0, or a negative errno. */
int socket_filter_holds(int cgroup_fd, const Spec *spec);
