/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs, sysfs and cgroup2 of the container, and what of them it must not see or change.
 */
#pragma once

#include <stdbool.h>

#include "engine/root.h"

/* The caller has joined the container's pid, net and cgroup namespaces; /sys of its own mount
 * namespace gets covered. cgroup: there is a cgroup namespace to show. */
int kernelfs_make(Root *root, bool cgroup, Error **ret_error);

/* After root_enter(): every row of the tables is looked at as the container will see it. A mask
 * that does not hold is an error. */
int kernelfs_verify(const Root *root, Error **ret_error);
