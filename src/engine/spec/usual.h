/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every container of ours has, whatever document asks for it: for compilers. Each is 0 or -ENOMEM.
 */
#pragma once

#include "engine/spec/spec.h"

#define CGROUP_DEPTH_MAX                                                                           \
	32u /* levels that a container can make below its cgroup; systemd makes four */
#define CGROUP_DESCENDANTS_MAX 8192u /* cgroups in all: the kernel's memory for them is nobody's */
#define USUAL_SYS_OPTIONS                                                                          \
	"mode=0755,size=64k,nr_inodes=64" /* of the tmpfs at /sys: a few directories */

/* Of a tmpfs of so many bytes. Inodes are memory of the kernel beyond the size that was asked for. NULL without memory. */
char *usual_ram_options(uint64_t size);
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
