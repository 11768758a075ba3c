/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the sockets of a container may send, receive and bind to (net/socket-rule.h): programs of the kernel's at its cgroup, which nothing inside can take away.
 */
#pragma once

#include "engine/spec/spec.h"

/* -EINVAL for a rule that means nothing; -E2BIG. */
int socket_filter_check(const Spec *spec, Error **ret_error);
/* Attaches it to the cgroup, and it goes with that. Nothing to do without rules. */
int socket_filter_apply(int cgroup_fd, const Spec *spec, Error **ret_error);
