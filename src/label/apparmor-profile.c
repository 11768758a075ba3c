/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The profile's template.
 *
 * Paths cannot keep two containers apart whose trees look alike from inside: that is the namespaces' part. The profile keeps a container from what all
 * share (kernel interfaces, socket families) and, by its own name in the peer conditions, from signalling and tracing anything but itself.
 */
#include "label/apparmor-profile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define UNIT_ROOT "/run/systemd/unit-root"
#define PLACE "/{,run/systemd/unit-root/}" /* where the container's root can be */
#define FLAGS                                                                                      \
	"ro, rw, nosuid, nodev, noexec, rbind, remount, noatime, nodiratime, relatime, "           \
	"strictatime" /* of mounts, that change no more than what they allow */

/* Before the rules: %s is the profile's name. The ABI is pinned: from 4.0 on "network" no longer covers unix sockets. */
static const char head[] = "abi <abi/3.0>,\n"
			   "profile \"%s\" flags=(attach_disconnected,mediate_deleted) {\n"
			   "  signal (send, receive) peer=\"%s\",\n"
			   "  ptrace (read, trace, readby, tracedby) peer=\"%s\",\n";

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
	"  network unix,\n"
	"  network netlink,\n"
	"  unix,\n"
	/* What systemd mounts for units, in its own user namespace; it builds their root at UNIT_ROOT and enters that. The rules about paths below /proc and /sys
	 * hold as long as neither can be had under another path, so there is no rule to bind or move them, or the root that contains them, anywhere else. */
	"  umount,\n"
	"  mount fstype=(tmpfs, ramfs, cgroup2, mqueue, devpts, overlay),\n"
	"  mount fstype=proc -> " PLACE "proc/,\n"
	"  mount fstype=sysfs -> " PLACE "sys/,\n"
	"  mount options=(bind) options in (" FLAGS ") / -> " UNIT_ROOT "/,\n"
	"  mount options=(bind) options in (" FLAGS ") " PLACE "{proc,sys}/{,**} -> " PLACE
	"{proc,sys}/{,**},\n"
	"  mount options=(bind) options in (" FLAGS ") /{[^ps]*,p[^r]*,s[^y]*}{,/**} -> /**,\n"
	"  mount options=(remount) options in (bind, " FLAGS ") -> /**,\n"
	"  mount options=(move) " UNIT_ROOT "/ -> /,\n"
	"  pivot_root " UNIT_ROOT "/,\n"
	"  mount options in (private, rprivate, slave, rslave, shared, rshared, unbindable, "
	"runbindable),\n"
	/* Masked and read-only besides; a second fence for the day when a mask fails. */
	"  deny " PLACE
	"proc/{sysrq-trigger,kcore,kmem,mem,kmsg,kallsyms,keys,timer_list,sched_debug} "
	"rwklx,\n"
	"  deny " PLACE "proc/{acpi,scsi,asound}/** rwklx,\n"
	"  deny " PLACE "proc/sys/[^n]** wkl,\n"
	"  deny " PLACE "proc/{irq,bus,fs,tty}/** wkl,\n"
	"  deny " PLACE "sys/kernel/{security,debug,tracing,config,livepatch}/** rwklx,\n"
	"  deny " PLACE "sys/firmware/** rwklx,\n"
	"  deny " PLACE "sys/{block,bus,class,dev,devices,hypervisor,module,power}/** wkl,\n"
	"  deny " PLACE "sys/fs/{bpf,selinux,smackfs,pstore}/** rwklx,\n"
	"}\n";

char *apparmor_profile_name(const char *container)
{
	char *name;

	return asprintf(&name, "vss-%s", container) < 0 ? NULL : name;
}

int apparmor_profile_format(const char *name, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf text = {};

	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			return error_set(ret_error, EINVAL,
				"\"%s\" cannot be the name of a generated AppArmor profile", name);
	buf_printf(&text, head, name, name, name);
	buf_puts(&text, rules);
	return buf_take(&text, ret, ret_error);
}
