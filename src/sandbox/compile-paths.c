/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The union of what runc, podman, moby and nspawn mask, and what advisories added. These files know no namespace: they tell about,
 * or act on, the host. Directories of sysfs that are not bound into /sys at all (firmware, kernel/debug, ...) need no row.
 */
#include "sandbox/compile-parts.h"

static const char *const hidden[] = {
	"/proc/acpi", "/proc/asound", "/proc/cmdline", /* disks, keys and addresses of the host */
	"/proc/interrupts", /* keystroke timing */
	"/proc/kallsyms", "/proc/kcore", "/proc/keys", "/proc/kmsg", "/proc/kpagecgroup",
	"/proc/kpagecount", "/proc/kpageflags", "/proc/latency_stats", "/proc/mtrr",
	"/proc/sched_debug", "/proc/scsi", "/proc/slabinfo", "/proc/sysrq-trigger",
	"/proc/timer_list", "/proc/timer_stats", "/proc/vmallocinfo",
	"/sys/devices/virtual/powercap", /* power side channel */
	"/sys/devices/system/cpu/cpu*/thermal_throttle", /* what other tenants compute */
};

static const char *const readonly[] = {
	"/proc/apm", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
	"/proc/pressure", /* whoever writes there makes the host's kernel measure */
};

/* What who administers its network may set. None of it bounds memory: fragments, backlogs, queues, neighbours and routes are kept in
 * the host's memory, charged to nobody. Others could not write to them anyway: the kernel asks for CAP_NET_ADMIN. */
static const char *const switches[] = {
	"/proc/sys/net/ipv4/conf", /* of each interface: forwarding, filters, ARP */
	"/proc/sys/net/ipv6/conf",
	"/proc/sys/net/ipv4/ip_forward", /* the same switch as conf/all */
	"/proc/sys/net/ipv4/ip_local_port_range", /* its own ports */
	"/proc/sys/net/ipv4/ip_local_reserved_ports",
	"/proc/sys/net/ipv4/ip_nonlocal_bind", /* an address that moves */
	"/proc/sys/net/ipv6/ip_nonlocal_bind",
	"/proc/sys/net/ipv4/ip_unprivileged_port_start", /* its users' rights */
	"/proc/sys/net/ipv4/ping_group_range",
	"/proc/sys/net/ipv4/tcp_keepalive_intvl", /* when a peer counts as gone */
	"/proc/sys/net/ipv4/tcp_keepalive_probes",
	"/proc/sys/net/ipv4/tcp_keepalive_time",
};

void compile_paths(Compile *c)
{
	SpecPaths *paths = &c->spec->paths;

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		compile_list(c, &paths->hidden, hidden[i]);
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		compile_list(c, &paths->readonly, readonly[i]);
	for (size_t i = 0; desc_is_net_admin(c->desc) && i < ARRAY_SIZE(switches); i++)
		compile_list(c, &paths->writable, switches[i]);
}
