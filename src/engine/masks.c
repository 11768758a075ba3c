/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The union of what runc, podman, moby and nspawn mask, and what advisories added. These files
 * know no namespace: they tell about, or act on, the host. Directories of sysfs that are not bound
 * into /sys at all (firmware, kernel/debug, ...) need no row.
 */
#include "engine/masks.h"

#include "base/macro.h"

const Mask masks[] = {
	{ "proc/acpi", MASK_DIRECTORY },
	{ "proc/asound", MASK_DIRECTORY },
	{ "proc/interrupts", MASK_FILE }, /* keystroke timing */
	{ "proc/kallsyms", MASK_FILE },
	{ "proc/kcore", MASK_FILE },
	{ "proc/keys", MASK_FILE },
	{ "proc/kmsg", MASK_FILE },
	{ "proc/kpagecgroup", MASK_FILE },
	{ "proc/kpagecount", MASK_FILE },
	{ "proc/kpageflags", MASK_FILE },
	{ "proc/latency_stats", MASK_FILE },
	{ "proc/mtrr", MASK_FILE },
	{ "proc/sched_debug", MASK_FILE },
	{ "proc/scsi", MASK_DIRECTORY },
	{ "proc/slabinfo", MASK_FILE },
	{ "proc/sysrq-trigger", MASK_FILE },
	{ "proc/timer_list", MASK_FILE },
	{ "proc/timer_stats", MASK_FILE },
	{ "proc/vmallocinfo", MASK_FILE },
	{ "sys/devices/virtual/powercap", MASK_DIRECTORY }, /* power side channel */
	{ "proc/apm", MASK_READONLY },
	{ "proc/bus", MASK_READONLY },
	{ "proc/fs", MASK_READONLY },
	{ "proc/irq", MASK_READONLY },
	{ "proc/sys", MASK_READONLY },
	{ "proc/pressure",
		MASK_READONLY }, /* whoever writes there makes the host's kernel measure */
	{ "proc/cmdline", MASK_FILE }, /* disks, keys and addresses of the host */
	/* What who administers its network may set. None of it bounds memory: fragments, backlogs,
	 * queues, neighbours and routes are kept in the host's memory, charged to nobody. */
	{ "proc/sys/net/ipv4/conf",
		MASK_NET_ADMIN }, /* of each interface: forwarding, filters, ARP */
	{ "proc/sys/net/ipv6/conf", MASK_NET_ADMIN },
	{ "proc/sys/net/ipv4/ip_forward", MASK_NET_ADMIN }, /* the same switch as conf/all */
	{ "proc/sys/net/ipv4/ip_local_port_range", MASK_NET_ADMIN }, /* its own ports */
	{ "proc/sys/net/ipv4/ip_local_reserved_ports", MASK_NET_ADMIN },
	{ "proc/sys/net/ipv4/ip_nonlocal_bind", MASK_NET_ADMIN }, /* an address that moves */
	{ "proc/sys/net/ipv6/ip_nonlocal_bind", MASK_NET_ADMIN },
	{ "proc/sys/net/ipv4/ip_unprivileged_port_start", MASK_NET_ADMIN }, /* its users' rights */
	{ "proc/sys/net/ipv4/ping_group_range", MASK_NET_ADMIN },
	{ "proc/sys/net/ipv4/tcp_keepalive_intvl",
		MASK_NET_ADMIN }, /* when a peer counts as gone */
	{ "proc/sys/net/ipv4/tcp_keepalive_probes", MASK_NET_ADMIN },
	{ "proc/sys/net/ipv4/tcp_keepalive_time", MASK_NET_ADMIN },
};

_Static_assert(ARRAY_SIZE(masks) <= MASKS_MAX, "masks.h: MASKS_MAX");

const size_t masks_count = ARRAY_SIZE(masks);
