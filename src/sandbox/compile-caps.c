/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities of a container: the lists keep the kernel code that they open small.
 */
#include <linux/capability.h>

#include "sandbox/compile-parts.h"

#define CAP_BIT(c) (UINT64_C(1) << (c))

typedef enum CapFor {
	FOR_COMMAND = 1 << DESC_COMMAND,
	FOR_SERVICE = 1 << DESC_SERVICE,
	/* Useless, so dropped, when the network namespace is the host's. */
	FOR_NETWORK = 1 << _DESC_KIND_MAX,
} CapFor;

/* A command: podman's default. A service: nspawn's default without AUDIT_CONTROL, MKNOD,
 * LINUX_IMMUTABLE and NET_ADMIN, whose queues and links take memory of the host that is charged to
 * nobody: that one only when the description names it. */
static const struct {
	unsigned int cap;
	unsigned int in;
} table[] = {
	{ CAP_CHOWN, FOR_COMMAND | FOR_SERVICE },
	{ CAP_DAC_OVERRIDE, FOR_COMMAND | FOR_SERVICE },
	{ CAP_FOWNER, FOR_COMMAND | FOR_SERVICE },
	{ CAP_FSETID, FOR_COMMAND | FOR_SERVICE },
	{ CAP_KILL, FOR_COMMAND | FOR_SERVICE },
	{ CAP_NET_BIND_SERVICE, FOR_COMMAND | FOR_SERVICE | FOR_NETWORK },
	{ CAP_SETFCAP, FOR_COMMAND | FOR_SERVICE },
	{ CAP_SETGID, FOR_COMMAND | FOR_SERVICE },
	{ CAP_SETPCAP, FOR_COMMAND | FOR_SERVICE },
	{ CAP_SETUID, FOR_COMMAND | FOR_SERVICE },
	{ CAP_SYS_CHROOT, FOR_COMMAND | FOR_SERVICE },
	{ CAP_AUDIT_WRITE, FOR_SERVICE },
	{ CAP_DAC_READ_SEARCH, FOR_SERVICE },
	{ CAP_IPC_OWNER, FOR_SERVICE },
	{ CAP_LEASE, FOR_SERVICE },
	{ CAP_NET_BROADCAST, FOR_SERVICE | FOR_NETWORK },
	{ CAP_NET_RAW, FOR_SERVICE | FOR_NETWORK },
	{ CAP_SYS_ADMIN, FOR_SERVICE },
	{ CAP_SYS_BOOT, FOR_SERVICE },
	{ CAP_SYS_NICE, FOR_SERVICE },
	{ CAP_SYS_PTRACE, FOR_SERVICE },
	{ CAP_SYS_RESOURCE, FOR_SERVICE },
	{ CAP_SYS_TTY_CONFIG, FOR_SERVICE },
};

uint64_t compile_capabilities(DescKind kind, bool private_net, bool net_admin)
{
	uint64_t mask = private_net && net_admin ? CAP_BIT(CAP_NET_ADMIN) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].in & (1u << kind)))
			continue;
		if ((table[i].in & FOR_NETWORK) && !private_net)
			continue;
		mask |= CAP_BIT(table[i].cap);
	}
	return mask;
}
