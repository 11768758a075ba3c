/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs, sysfs and cgroup2 of the container, and what of them it must not see or change.
 */
#pragma once

#include "engine/start/root.h"

/* The caller has joined the container's pid, net and cgroup namespaces; /sys and /proc of its own mount
 * namespace get covered. */
int kernelfs_mount_proc(Root *root, const SpecMount *mount, Error **ret_error);
int kernelfs_mount_sys(Root *root, const SpecMount *mount, Error **ret_error);
int kernelfs_mount_cgroup(Root *root, const SpecMount *mount, Error **ret_error);

/* Hides and protects the Spec's paths. After all mounts. */
int kernelfs_protect(Root *root, Error **ret_error);

/* After root_enter(): each of them is looked at as the container will see it. One that does not hold
 * is an error. */
int kernelfs_verify(const Root *root, Error **ret_error);
