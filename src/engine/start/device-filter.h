/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device rules: a program of the kernel's at the container's cgroup that decides about each opening and making of a device node.
 */
#pragma once

#include "engine/spec/spec.h"

/* -EINVAL for a rule that means nothing; -E2BIG. */
int device_filter_check(const Spec *spec, Error **ret_error);
/* Attaches it to the cgroup, and it goes with that. Nothing to do without rules. */
int device_filter_apply(int cgroup_fd, const Spec *spec, Error **ret_error);
