/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device rules: a program of the kernel's at the container's cgroup that decides about each opening and making of a device node.
 */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#include "engine/spec/spec.h"

#define DEVICE_FILTER_MAX 4096u /* instructions */

typedef struct DeviceFilter {
	struct bpf_insn code[DEVICE_FILTER_MAX];
	size_t length;
} DeviceFilter;

/* -EINVAL for a rule that means nothing; -E2BIG. */
int device_filter_check(const Spec *spec, Error **ret_error);
int device_filter_compile(const Spec *spec, DeviceFilter *ret, Error **ret_error);
/* Attaches it to the cgroup, and it goes with that. Nothing to do without rules. */
int device_filter_apply(int cgroup_fd, const Spec *spec, Error **ret_error);
