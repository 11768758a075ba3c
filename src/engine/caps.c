/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities. All are of the container's user namespace; the lists keep the kernel code that
 * they open small.
 */
#include "engine/caps.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP_BIT(c) (UINT64_C(1) << (c))
#define CAP_NUMBER_MAX 63 /* the kernel's sets have 64 bits */

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

uint64_t caps_allowed(DescKind kind, bool own_net, bool net_admin)
{
	uint64_t mask = own_net && net_admin ? CAP_BIT(CAP_NET_ADMIN) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].in & (1u << kind)))
			continue;
		if ((table[i].in & FOR_NETWORK) && !own_net)
			continue;
		mask |= CAP_BIT(table[i].cap);
	}
	return mask;
}

int caps_bound(uint64_t mask, Error **ret_error)
{
	for (unsigned long cap = 0; cap <= CAP_NUMBER_MAX; cap++) {
		if (mask & CAP_BIT(cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* one above the kernel's last: there are no more */
			return 0;
		return error_errno(
			ret_error, errno, "drop capability %lu from the bounding set", cap);
	}
	return 0;
}

int caps_apply(uint64_t mask, Error **ret_error)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)mask, .permitted = (uint32_t)mask },
		{ .effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32) },
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "clear the ambient capabilities");
	if (syscall(SYS_capset, &header, data) < 0)
		return error_errno(ret_error, errno, "restrict the capabilities");
	return 0;
}
