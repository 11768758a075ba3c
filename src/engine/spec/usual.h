/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every container of ours has, whatever document asks for it: for compilers. Each is 0 or -ENOMEM.
 */
#pragma once

#include "engine/spec/spec.h"

/* Paths of the kernel's file systems that must not be read, or not changed. */
int usual_paths(Spec *spec, bool net_admin);
/* One more mount; NULL without memory. */
SpecMount *usual_mount(Spec *spec, SpecMountKind kind, const char *target, const char *source,
	const char *options, uint32_t flags);
/* /dev with its nodes and links; /dev/shm is an empty directory. */
int usual_dev(Spec *spec);
/* /sys, /proc and the cgroup. manager: whoever organises it is inside, and what he may write is decided by the files' owners; else there is nothing to
 * organise. */
int usual_kernel(Spec *spec, bool manager);

typedef struct UsualLimits {
	uint64_t locked_memory, queues; /* bytes */
	uint64_t files;
} UsualLimits;
int usual_limits(Spec *spec, UsualLimits chosen);
/* How many namespaces those inside can make. */
int usual_namespace_limits(Spec *spec);

/* Bit n is capability n. manager: a system runs inside, else a command. private_network: it has a network namespace of its own; net_admin: and its root administers
 * it. */
uint64_t usual_capabilities(bool manager, bool private_network, bool net_admin);
