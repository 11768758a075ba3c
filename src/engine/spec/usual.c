/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every container of ours has, whatever document asks for it.
 */
#include "engine/spec/usual.h"

#include <stdio.h>
#include <linux/capability.h>
#include <string.h>

#include "base/strv.h"

#define QUIET (SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV | SPEC_MOUNT_NOEXEC)
#define DEV_OPTIONS "mode=0755,size=64k,nr_inodes=1k"
/* max: terminals of one container; the host has one common budget, kernel.pty.max. gid: "tty" of every distribution. */
#define PTS_OPTIONS "ptmxmode=0666,mode=0620,max=1024,gid=5"
#define MIB (UINT64_C(1024) * 1024)
#define TASKS_MAX 32768 /* of one user id; the container's own limit is pids.max */
#define FILES_SOFT 1024 /* what select(2) can name */
#define NO_LIMIT UINT64_MAX

/* ---- Paths of the kernel's file systems: the union of what runc, podman, moby and nspawn mask, and what advisories added. These files know no namespace: they tell
 * about, or act on, the host. Directories of sysfs that are not bound into /sys at all (firmware, kernel/debug, ...) need no row. ---- */

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

static int add_paths(char ***list, const char *const *paths, size_t n)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = strv_append(list, paths[i]);
	return r;
}

int usual_paths(Spec *spec, bool net_admin)
{
	SpecPaths *paths = &spec->paths;
	int r = add_paths(&paths->hidden, hidden, ARRAY_SIZE(hidden));

	if (r >= 0)
		r = add_paths(&paths->readonly, readonly, ARRAY_SIZE(readonly));
	if (r >= 0 && net_admin)
		r = add_paths(&paths->writable, switches, ARRAY_SIZE(switches));
	return r < 0 ? -ENOMEM : 0;
}

/* ---- Mounts ---- */

SpecMount *usual_mount(Spec *spec, SpecMountKind kind, const char *target, const char *source,
	const char *options, uint32_t flags)
{
	SpecMount *mount = spec_add_mount(spec);

	if (!mount)
		return NULL;
	mount->kind = kind;
	mount->flags = flags;
	mount->target = target ? strdup(target) : NULL;
	mount->source = source ? strdup(source) : NULL;
	mount->options = options ? strdup(options) : NULL;
	return (target && !mount->target) || (source && !mount->source) ||
			       (options && !mount->options)
		       ? NULL
		       : mount;
}

static const struct {
	const char *path;
	uint32_t major, minor;
} nodes[] = {
	{ "/dev/null", 1, 3 },
	{ "/dev/zero", 1, 5 },
	{ "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 },
	{ "/dev/urandom", 1, 9 },
	{ "/dev/tty", 5, 0 },
};

static const struct {
	const char *path, *to;
} dev_links[] = {
	{ "/dev/ptmx", "pts/ptmx" },
	{ "/dev/fd", "/proc/self/fd" },
	{ "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
	{ "/dev/stderr", "/proc/self/fd/2" },
};

static int add_device(Spec *spec, const char *path, uint32_t major, uint32_t minor)
{
	SpecDevice *device = spec_add_device(spec);

	if (!device)
		return -ENOMEM;
	device->path = strdup(path);
	device->major = major;
	device->minor = minor;
	device->mode = 0666;
	return device->path ? 0 : -ENOMEM;
}

int usual_dev(Spec *spec)
{
	SpecMount *shm;

	if (!usual_mount(
		    spec, SPEC_MOUNT_TMPFS, "/dev", NULL, DEV_OPTIONS, QUIET | SPEC_MOUNT_KEPT))
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		if (add_device(spec, nodes[i].path, nodes[i].major, nodes[i].minor) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(dev_links); i++)
		if (!usual_mount(
			    spec, SPEC_MOUNT_LINK, dev_links[i].path, dev_links[i].to, NULL, 0))
			return -ENOMEM;
	if (!usual_mount(spec, SPEC_MOUNT_DEVPTS, "/dev/pts", NULL, PTS_OPTIONS,
		    SPEC_MOUNT_NOSUID | SPEC_MOUNT_NOEXEC | SPEC_MOUNT_MAKE))
		return -ENOMEM;
	shm = usual_mount(spec, SPEC_MOUNT_DIRECTORY, "/dev/shm", NULL, NULL, 0);
	if (!shm)
		return -ENOMEM;
	shm->mode = 0755;
	return usual_mount(
		       spec, SPEC_MOUNT_MQUEUE, "/dev/mqueue", NULL, NULL, QUIET | SPEC_MOUNT_MAKE)
		       ? 0
		       : -ENOMEM;
}

int usual_kernel(Spec *spec, bool manager)
{
	static const char *const sys_parts[] = { "class", "devices", "kernel/mm" };
	SpecMount *sys = usual_mount(
		spec, SPEC_MOUNT_SYSFS, "/sys", NULL, NULL, QUIET | SPEC_MOUNT_READONLY);

	for (size_t i = 0; sys && i < ARRAY_SIZE(sys_parts); i++)
		if (strv_append(&sys->parts, sys_parts[i]) < 0)
			return -ENOMEM;
	return sys &&
			       usual_mount(spec, SPEC_MOUNT_CGROUP, "/sys/fs/cgroup", NULL, NULL,
				       QUIET | (manager ? 0 : SPEC_MOUNT_READONLY) |
					       SPEC_MOUNT_OPTIONAL) &&
			       usual_mount(spec, SPEC_MOUNT_PROC, "/proc", NULL, NULL, QUIET)
		       ? 0
		       : -ENOMEM;
}

/* ---- Limits ---- */

/* What the kernel gives the host's first process, with exceptions. */
static const struct {
	const char *name;
	uint64_t soft, hard;
} limits[] = {
	{ "AS", NO_LIMIT, NO_LIMIT },
	/* 1 is the only value that also keeps the kernel from starting the host's piped core_pattern handler. */
	{ "CORE", 1, 1 },
	{ "CPU", NO_LIMIT, NO_LIMIT },
	{ "DATA", NO_LIMIT, NO_LIMIT },
	{ "FSIZE", NO_LIMIT, NO_LIMIT },
	{ "LOCKS", NO_LIMIT, NO_LIMIT },
	{ "MEMLOCK", 0, 0 },
	{ "MSGQUEUE", 0, 0 },
	{ "NICE", 0, 0 },
	{ "NOFILE", FILES_SOFT, 0 },
	{ "NPROC", TASKS_MAX, TASKS_MAX },
	{ "RSS", NO_LIMIT, NO_LIMIT },
	{ "RTPRIO", 0, 0 },
	{ "RTTIME", NO_LIMIT, NO_LIMIT },
	{ "SIGPENDING", TASKS_MAX, TASKS_MAX },
	{ "STACK", 8 * MIB, NO_LIMIT },
};

static void choose(SpecLimit *limit, const UsualLimits *chosen)
{
	if (strcmp(limit->name, "MEMLOCK") == 0)
		limit->soft = limit->hard = chosen->locked_memory;
	else if (strcmp(limit->name, "MSGQUEUE") == 0)
		limit->soft = limit->hard = chosen->queues;
	else if (strcmp(limit->name, "NOFILE") == 0) {
		limit->hard = chosen->files;
		limit->soft = limit->soft < limit->hard ? limit->soft : limit->hard;
	}
}

int usual_limits(Spec *spec, UsualLimits chosen)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		SpecLimit *limit = spec_add_limit(spec);

		if (!limit)
			return -ENOMEM;
		limit->soft = limits[i].soft;
		limit->hard = limits[i].hard;
		limit->name = strdup(limits[i].name);
		if (!limit->name)
			return -ENOMEM;
		choose(limit, &chosen);
	}
	return 0;
}

/* A unit with PrivateNetwork= has a network namespace of its own, one with any of the many directives about files a mount namespace;
 * who logs in has none. */
static const struct {
	const char *key, *value;
} namespace_limits[] = {
	{ "user.max_net_namespaces", "64" },
	{ "user.max_mnt_namespaces", "1024" },
	{ "user.max_ipc_namespaces", "256" },
	{ "user.max_pid_namespaces", "256" },
	{ "user.max_uts_namespaces", "256" },
	{ "user.max_cgroup_namespaces", "256" },
	{ "user.max_time_namespaces", "256" },
	{ "user.max_user_namespaces", "0" },
};

int usual_namespace_limits(Spec *spec)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespace_limits); i++) {
		SpecSetting *setting = spec_add_sysctl(spec);

		if (!setting)
			return -ENOMEM;
		setting->key = strdup(namespace_limits[i].key);
		setting->value = strdup(namespace_limits[i].value);
		if (!setting->key || !setting->value)
			return -ENOMEM;
	}
	return 0;
}

/* ---- Capabilities: the lists keep the kernel code that they open small. ---- */

#define CAP_BIT(c) (UINT64_C(1) << (c))

typedef enum CapFor {
	FOR_COMMAND = 1 << 0,
	FOR_SERVICE = 1 << 1,
	/* Useless, so dropped, when the network namespace is the host's. */
	FOR_NETWORK = 1 << 2,
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

uint64_t usual_capabilities(bool manager, bool private_network, bool net_admin)
{
	uint64_t mask = private_network && net_admin ? CAP_BIT(CAP_NET_ADMIN) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!(table[i].in & (manager ? FOR_SERVICE : FOR_COMMAND)))
			continue;
		if ((table[i].in & FOR_NETWORK) && !private_network)
			continue;
		mask |= CAP_BIT(table[i].cap);
	}
	return mask;
}

char *usual_ram_options(uint64_t size)
{
	unsigned long long bytes = size, inodes = size / 4096 + 64;
	char *options;

	return asprintf(&options, "mode=0755,size=%llu,nr_inodes=%llu", bytes, inodes) < 0
		       ? NULL
		       : options;
}
