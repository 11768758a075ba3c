/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The profile's template.
 *
 * Paths cannot keep two containers apart whose trees look alike from inside: that is the namespaces' part. The profile keeps a container from what all
 * share (kernel interfaces, socket families) and, by its own name in the peer conditions, from signalling and tracing anything but itself.
 *
 * Rules that allow mounts cannot be trusted to be narrow. Parsers before 3.0.10, 3.1.4 and 4.0 compile one with a flag that is no command of mount(2) of its own
 * (ro, rec: so any rbind, rslave, remount of a read-only mount) into one more rule, that allows new mounts of every type with these flags (CVE-2016-1585); and
 * with a bind remount, which systemd needs everywhere, any bind. A rule with a type and no flags, or with nothing but (r)bind, is compiled into what it says. So
 * those deny, and they deny all that is not meant: whatever the others are widened to, what is left is what they say. A deny has no "except", so where one is
 * meant it lists all other names (put_others()).
 */
#include "label/apparmor-profile.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define PATTERN_MAX 64 /* length of what put_others() is given */

/* Where systemd builds the root of a unit that has one of its own, before it makes it "/": unit-root, since 254 mount-rootfs. Any name will do: what the
 * container's root may be mounted on is such a place, whose files have the same rules. */
#define UNIT_ROOT "/run/systemd/*"
#define PLACE "/{,run/systemd/*/}" /* where the container's root can be */
#define FLAGS                                                                                      \
	"ro, rw, nosuid, nodev, noexec, noatime, nodiratime, relatime, "                           \
	"strictatime" /* of mounts, that change no more than what they allow */

/* What may be mounted anew: what systemd mounts for units. */
static const char *const types[] = { "tmpfs", "ramfs", "cgroup2", "mqueue", "devpts", "proc",
	"sysfs" };

/* Before the rules: %s is the profile's name. The ABI is pinned: from 4.0 on "network" no longer covers unix sockets. */
static const char head[] =
	"abi <abi/3.0>,\n"
	"profile \"%s\" flags=(attach_disconnected,mediate_deleted) {\n"
	"  signal (send, receive) peer=\"%s\",\n"
	"  ptrace (read, trace, readby, tracedby) peer=\"%s\",\n"
	/* Where the kernel tells unix sockets apart; elsewhere these allow the family. */
	"  unix (create, bind, listen, getattr, setattr, getopt, setopt, shutdown),\n"
	"  unix peer=(label=\"%s\"),\n"
	"  unix (send, receive) peer=(label=unconfined),\n";

static const char rules[] =
	/* The host's tools stop it and look at it. */
	"  signal (receive) peer=unconfined,\n"
	"  ptrace (readby, tracedby) peer=unconfined,\n"
	/* "file" executes within the profile only: there is no rule to change it. */
	"  file,\n"
	"  capability,\n"
	"  deny capability mac_admin,\n"
	"  deny capability mac_override,\n"
	"  deny capability sys_module,\n"
	"  deny capability sys_rawio,\n"
	"  deny capability sys_time,\n"
	"  network inet,\n"
	"  network inet6,\n"
	"  network netlink,\n"
	/* Masked and read-only besides; a second fence for the day when a mask fails. */
	"  deny " PLACE
	"proc/{sysrq-trigger,kcore,kmem,mem,kmsg,kallsyms,keys,timer_list,sched_debug} rwklx,\n"
	"  deny " PLACE "proc/{acpi,scsi,asound}/** rwklx,\n"
	"  deny " PLACE "proc/sys/[^n]** wkl,\n"
	"  deny " PLACE "proc/{irq,bus,fs,tty}/** wkl,\n"
	"  deny " PLACE "sys/kernel/{security,debug,tracing,config,livepatch}/** rwklx,\n"
	"  deny " PLACE "sys/firmware/** rwklx,\n"
	"  deny " PLACE "sys/{block,bus,class,dev,devices,hypervisor,module,power}/** wkl,\n"
	"  deny " PLACE "sys/fs/{bpf,selinux,smackfs,pstore}/** rwklx,\n";

/* What systemd does for units, in its own user namespace. Where there is none, nothing is mounted: without a rule, nothing may be. */
static const char mount_rules[] =
	"  mount fstype=(tmpfs, ramfs, cgroup2, mqueue, devpts, proc, sysfs),\n"
	"  mount options=(bind),\n"
	"  mount options=(rbind),\n"
	"  mount options=(remount) options in (bind, " FLAGS "),\n"
	"  mount options=(private),\n"
	"  mount options=(rprivate),\n"
	"  mount options=(slave),\n"
	"  mount options=(rslave),\n"
	"  mount options=(shared),\n"
	"  mount options=(rshared),\n"
	"  mount options=(unbindable),\n"
	"  mount options=(runbindable),\n"
	"  mount options=(move) /dev/shm/ -> /run/credentials/*/,\n"
	"  mount options=(move) /tmp/namespace-dev-*/dev/ -> " UNIT_ROOT "/dev/,\n"
	"  mount options=(move) " UNIT_ROOT "/ -> /,\n"
	"  pivot_root " UNIT_ROOT "/,\n"
	"  umount,\n"
	/* Renamed, it would take the units' roots below it to other paths. We have made it. */
	"  audit deny /run/systemd/ wl,\n"
	/* Masks are mounts. */
	"  audit deny umount " PLACE "{proc,sys}/{,**},\n";

/* What systemd may mount on: the rules about paths hold as long as what is below /proc and /sys can be had under no other. */
static const char *const proc_places[] = { "/proc/", "/run/systemd/*/proc/" };
static const char *const sys_places[] = { "/sys/", "/run/systemd/*/sys/" };
static const char *const root_places[] = { "/proc/", "/sys/*", "/run/systemd/*/",
	"/run/systemd/*/proc/", "/run/systemd/*/sys/*" };

/* Directories of other file systems, which systemd binds to themselves to make them read-only; the names are not exact, but so are the rules that keep
 * from reading what is mounted there. */
#define NOT_FOREIGN                                                                                \
	"sys/{[^fk]**,f,f[^s]**,fs,k,k[^e]**,fs/,kernel/,fs/[^bs]**,kernel/[^dt]**,*/*/?**}"

/* Bind mounts that are refused, with what is mounted below their source and without. Beside them, the root, /proc, /sys and those of other file systems may be bound
 * to nothing but root_places. */
static const struct {
	const char *source, *target;
} refused_binds[] = {
	/* In a container all that has rules in /proc is a mount already, so systemd does not bind it. */
	{ PLACE "proc/{sysrq-trigger,kcore,kmem,mem,kmsg,kallsyms,keys,timer_list,sched_debug}",
		"/{,**}" },
	{ PLACE "proc/{acpi,asound,bus,fs,irq,scsi,sys,tty}/{,**}", "/{,**}" },
	{ PLACE NOT_FOREIGN, "/{,**}" },
	/* What contains the places where units' roots are built. */
	{ "{/run/,/run/systemd/}", "/{,**}" },
	{ UNIT_ROOT "/", "/{,**}" },
	/* One of the places in another's. */
	{ "/", PLACE "{proc,sys}/{,**}" },
	{ PLACE "{proc,sys}/{,**}", UNIT_ROOT "/" },
	{ PLACE "proc/{,**}", PLACE "sys/{,**}" },
	{ PLACE "sys/{,**}", PLACE "proc/{,**}" },
	{ PLACE "sys/", PLACE "sys/?**" },
	{ PLACE "sys/?**", PLACE "sys/" },
	{ PLACE "sys/?**", PLACE NOT_FOREIGN },
};

/* What follows the first length bytes of prefix in the name; NULL when it does not begin so. */
static const char *rest_of(const char *name, const char *prefix, size_t length)
{
	return strlen(name) >= length && memcmp(name, prefix, length) == 0 ? name + length : NULL;
}

/* Does one of the names stand for all that begins so? */
static bool is_all(const char *prefix, size_t length, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *rest = rest_of(names[i], prefix, length);

		if (rest && strcmp(rest, "*") == 0)
			return true;
	}
	return false;
}

/* A pattern for what can follow the first length bytes of prefix in a text that is none of the names. In a name, a star at the end is anything, one before that the
 * rest of a path's component. */
static void put_others(Buf *buf, char prefix[static PATTERN_MAX], size_t length,
	const char *const *names, size_t n)
{
	char next[UINT8_MAX + 1] = "";
	size_t n_next = 0;
	bool is_name = false;

	for (size_t i = 0; i < n; i++) {
		const char *rest = rest_of(names[i], prefix, length);

		if (!rest)
			continue;
		if (*rest == '\0')
			is_name = true;
		else if (!strchr(next, *rest))
			next[n_next++] = *rest;
	}
	if (n_next == 0) {
		buf_puts(buf, "?**");
		return;
	}
	if (*next == '*') {
		prefix[length] = '*';
		prefix[length + 1] = '/';
		buf_puts(buf, "{*,*/");
		put_others(buf, prefix, length + 2, names, n);
		buf_puts(buf, "}");
		return;
	}
	buf_printf(buf, "{%s[^%s]**", is_name || length == 0 ? "" : ",", next);
	for (size_t i = 0; i < n_next; i++) {
		prefix[length] = next[i];
		if (is_all(prefix, length + 1, names, n))
			continue;
		buf_printf(buf, ",%c", next[i]);
		put_others(buf, prefix, length + 1, names, n);
	}
	buf_puts(buf, "}");
}

/* What matches is mounted nowhere but at the places. */
static void deny_elsewhere(Buf *buf, const char *what, const char *const *places, size_t n)
{
	char prefix[PATTERN_MAX] = "/";

	buf_printf(buf, "  audit deny mount %s -> /", what);
	put_others(buf, prefix, 1, places, n);
	buf_puts(buf, ",\n");
}

static void deny_mounts(Buf *buf)
{
	char prefix[PATTERN_MAX] = "";

	buf_puts(buf, "  audit deny mount fstype=\"");
	put_others(buf, prefix, 0, types, ARRAY_SIZE(types));
	buf_puts(buf, "\",\n");
	deny_elsewhere(buf, "fstype=proc", proc_places, ARRAY_SIZE(proc_places));
	deny_elsewhere(buf, "fstype=sysfs", sys_places, ARRAY_SIZE(sys_places));
	for (size_t i = 0; i < ARRAY_SIZE(refused_binds); i++)
		buf_printf(buf, "  audit deny mount options in (rbind) %s -> %s,\n",
			refused_binds[i].source, refused_binds[i].target);
	deny_elsewhere(buf, "options in (rbind) " PLACE "{,proc/,sys/{,*/*/}}", root_places,
		ARRAY_SIZE(root_places));
}

char *apparmor_profile_name(const char *container)
{
	char *name;

	return asprintf(&name, "vss-%s", container) < 0 ? NULL : name;
}

int apparmor_profile_format(const char *name, bool service, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf text = {};

	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			return error_set(ret_error, EINVAL,
				"\"%s\" cannot be the name of a generated AppArmor profile", name);
	buf_printf(&text, head, name, name, name, name);
	buf_puts(&text, rules);
	if (service) {
		buf_puts(&text, mount_rules);
		deny_mounts(&text);
	}
	buf_puts(&text, "}\n");
	return buf_take(&text, ret, ret_error);
}
