/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's place in hierarchies of cgroup v1, where the host has some. Nothing is limited there: but who has CAP_SYS_ADMIN inside can mount
 * such a hierarchy, and the root of what they then see is the cgroup in which their cgroup namespace was made.
 */
#pragma once

#include "engine/spec/spec.h"

#define CGROUP_V1_MAX                                                                              \
	32 /* hierarchies; the kernel has fewer controllers, and named ones are rare */

typedef struct CgroupV1 {
	int fds[CGROUP_V1_MAX];
	size_t n;
} CgroupV1;

/* In the parent, who may. Makes "virt-sandbox" below our own cgroup in each hierarchy, once for all containers; only the host's root can look into it. */
int cgroup_v1_open(const Spec *spec, int proc_fd, CgroupV1 *ret, Error **ret_error);
/* In the payload, before it makes its cgroup namespace. */
int cgroup_v1_enter(const CgroupV1 *cgroups, Error **ret_error);
void cgroup_v1_done(CgroupV1 *cgroups);
