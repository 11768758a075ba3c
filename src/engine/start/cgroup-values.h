/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A cgroup's values by their own names (cgroup-v2.rst), beside the limits that we have words for.
 */
#pragma once

#include "engine/spec/spec.h"

/* -EINVAL for what is no file of a controller's. */
int cgroup_values_check(const Spec *spec, Error **ret_error);
/* Does a value need this controller? */
bool cgroup_values_need(const Spec *spec, const char *controller);
/* -EOPNOTSUPP where the controller is not there. */
int cgroup_values_apply(int cgroup_fd, const Spec *spec, Error **ret_error);

/* Of cgroup v2, NULL-terminated. */
extern const char *const cgroup_controllers[];
