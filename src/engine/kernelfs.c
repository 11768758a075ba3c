/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs, sysfs and cgroup2 of the container.
 *
 * They are mounted and masked in a mount namespace that belongs to the initial user namespace.
 * When the payload then copies that namespace into its own, less privileged one, the kernel locks
 * every mount: a mask can no longer be unmounted, a read-only bind no longer be made writable.
 * Mounted by the container itself, none of it would hold.
 *
 * /sys is not a whole sysfs but a read-only directory with those parts of one that programs need.
 * So what a container has no business with (firmware, security, debug, kernel tracing, selinux,
 * bpf) is absent rather than masked, and a fresh sysfs is refused.
 */
#include "engine/kernelfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/masks.h"
#include "engine/mountfd.h"

#define CPU_PATH 80 /* bytes of a path below a processor's directory */
#define CPU_MAX 8192 /* NR_CPUS of the largest configuration */

/* Masks are of our own making, so that no host path stands behind them: an empty file and an empty
 * directory without any permission. They lie below the mount point of /proc in the root, where the
 * procfs will hide them; without names they could not be mounted over, which is what systemd does
 * for a unit with ProtectKernelTunables=. */
#define MASK_PLACE "proc/mask"
#define MASK_FILE_NAME "file"
#define MASK_DIRECTORY_NAME "directory"

/* Where they are bound from, through a read-only mount, which makes each of the binds read-only.
 * Goes away with the host's root. */
#define MASK_SOURCE "/proc"

/* Likewise for what is bound of the sysfs. */
#define SYSFS_PLACE "/sys"

static const char *const sys_parts[] = { "class", "devices", "kernel/mm" };

/* 0 as well when this kernel has no such path. */
static int mask_path(const char *path, MaskKind kind, Error **ret_error)
{
	const unsigned long readonly = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int r = 0;

	switch (kind) {
	case MASK_FILE:
		r = mount_bind(MASK_SOURCE "/" MASK_FILE_NAME, path, 0);
		break;
	case MASK_DIRECTORY:
		r = mount_bind(MASK_SOURCE "/" MASK_DIRECTORY_NAME, path, 0);
		break;
	case MASK_READONLY:
		r = mount_bind(path, path, readonly);
		break;
	case MASK_NET_ADMIN: /* see mount_proc() */
		break;
	}
	return r < 0 && r != -ENOENT ? error_errno(ret_error, -r, "mask /%s", path) : 0;
}

static bool has_cpu_file(const Root *root, int cpu, const char *name, char path[static CPU_PATH])
{
	(void)snprintf(path, CPU_PATH, "sys/devices/system/cpu/cpu%d%s", cpu, name);
	return faccessat(root->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A processor's thermal counters leak what other tenants compute. Each processor that is not
 * switched off, as the first cannot be, has its own directory, or none has. */
static int mask_thermal(const Root *root, Error **ret_error)
{
	char path[CPU_PATH];

	if (!has_cpu_file(root, 0, "/thermal_throttle", path))
		return 0;
	for (int cpu = 0; cpu < CPU_MAX && has_cpu_file(root, cpu, "", path); cpu++) {
		int r;

		if (!has_cpu_file(root, cpu, "/thermal_throttle", path))
			continue;
		r = mask_path(path, MASK_DIRECTORY, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_mask_sources(const Root *root, Error **ret_error)
{
	int r;

	r = root_make_directory(root, MASK_PLACE, 0700, ret_error);
	if (r == 0)
		r = root_make_file(root, MASK_PLACE "/" MASK_FILE_NAME, 0, NULL, ret_error);
	if (r == 0)
		r = root_make_directory(root, MASK_PLACE "/" MASK_DIRECTORY_NAME, 0, ret_error);
	if (r < 0)
		return r;
	r = mount_bind(MASK_PLACE, MASK_SOURCE, MOUNT_ATTR_RDONLY | MOUNT_QUIET);
	return r < 0 ? error_errno(ret_error, -r, "bind the masks") : 0;
}

static int apply_masks(const Root *root, Error **ret_error)
{
	for (size_t i = 0; i < masks_count; i++) {
		int r = mask_path(masks[i].path, masks[i].kind, ret_error);
		if (r < 0)
			return r;
	}
	return mask_thermal(root, ret_error);
}

/* Others could not write to them anyway: the kernel asks for CAP_NET_ADMIN. */
static bool has_switches(const Root *root)
{
	return desc_is_net_admin(root->spec->desc);
}

/* Has to be done before the whole becomes read-only: a bind of a read-only mount would be
 * read-only, too. What this kernel does not have (IPv6) stays -EBADF. */
static int clone_switches(const Root *root, int *fds, Error **ret_error)
{
	for (size_t i = 0; i < masks_count; i++) {
		int r;

		if (masks[i].kind != MASK_NET_ADMIN ||
			faccessat(root->fd, masks[i].path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		r = mountfd_clone(root->fd, masks[i].path, 0, &fds[i], ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int attach_switches(const Root *root, const int *fds, Error **ret_error)
{
	for (size_t i = 0; i < masks_count; i++) {
		int r = fds[i] < 0 ? 0 : mountfd_attach(fds[i], root->fd, masks[i].path, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

static int mask_but_switches(const Root *root, Error **ret_error)
{
	int fds[MASKS_MAX], r;

	for (size_t i = 0; i < masks_count; i++)
		fds[i] = -EBADF;
	r = clone_switches(root, fds, ret_error);
	if (r == 0)
		r = apply_masks(root, ret_error);
	if (r == 0)
		r = attach_switches(root, fds, ret_error);
	for (size_t i = 0; i < masks_count; i++)
		(void)fd_close(fds[i]);
	return r;
}

/* procfs of the pid namespace that we are in. */
static int mount_proc(Root *root, Error **ret_error)
{
	int r;

	r = make_mask_sources(root, ret_error);
	if (r < 0)
		return r;
	r = mount_new("proc", "proc", NULL, MOUNT_QUIET, ret_error);
	if (r < 0)
		return r;
	return has_switches(root) ? mask_but_switches(root, ret_error)
				  : apply_masks(root, ret_error);
}

/* 0 as well when this kernel has no such part. */
static int bind_sys_part(const char *part, Error **ret_error)
{
	char source[32], target[32];
	int r;

	(void)snprintf(source, sizeof(source), SYSFS_PLACE "/%s", part);
	(void)snprintf(target, sizeof(target), "sys/%s", part);
	r = mount_bind(source, target, 0);
	return r < 0 && r != -ENOENT ? error_errno(ret_error, -r, "bind %s", source) : 0;
}

/* /sys must be a mount point: systemd would otherwise try to mount one. */
static int make_sys_directory(Root *root, Error **ret_error)
{
	static const char *const directories[] = { "sys/class", "sys/devices", "sys/kernel",
		"sys/kernel/mm", "sys/fs", "sys/fs/cgroup" };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		r = root_make_directory(root, directories[i], 0755, ret_error);
		if (r < 0)
			return r;
	}
	r = mount_bind("sys", "sys", MOUNT_ATTR_RDONLY | MOUNT_QUIET);
	return r < 0 ? error_errno(ret_error, -r, "make /sys a mount point") : 0;
}

/* The parts are taken from an instance of our network namespace. With the host's network that is
 * the host's own instance: only the initial user namespace may mount it, which is why we, and not
 * the container, do. */
static int mount_sys(Root *root, Error **ret_error)
{
	int r;

	r = mount_new("sysfs", SYSFS_PLACE, NULL, MOUNT_QUIET | MOUNT_ATTR_RDONLY, ret_error);
	if (r < 0)
		return r;
	r = make_sys_directory(root, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(sys_parts); i++) {
		r = bind_sys_part(sys_parts[i], ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The root of this mount is the container's own subtree, as its cgroup namespace has it. A command
 * has nothing to organise there; systemd has, and what it may write is decided by the files'
 * owners. */
static int mount_cgroup(Root *root, Error **ret_error)
{
	unsigned int readonly = root->spec->desc->kind == DESC_SERVICE ? 0 : MOUNT_ATTR_RDONLY;

	return mount_new("cgroup2", "sys/fs/cgroup", NULL, MOUNT_QUIET | readonly, ret_error);
}

int kernelfs_make(Root *root, bool cgroup, Error **ret_error)
{
	int r;

	r = mount_sys(root, ret_error);
	if (r < 0)
		return r;
	if (cgroup) {
		r = mount_cgroup(root, ret_error);
		if (r < 0)
			return r;
	}
	return mount_proc(root, ret_error);
}

static int verify_path(
	const Root *root, const char *path, MaskKind kind, dev_t device, Error **ret_error)
{
	struct statvfs fs;
	struct stat st;

	if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_errno(ret_error, errno, "look at /%s", path);
	if ((kind == MASK_FILE || kind == MASK_DIRECTORY) &&
		(st.st_dev != device || (st.st_mode & ALLPERMS) != 0))
		return error_set(ret_error, EPERM, "/%s is not hidden after it was masked", path);
	if (statvfs(path, &fs) < 0)
		return error_errno(ret_error, errno, "look at the mount of /%s", path);
	if (((fs.f_flag & ST_RDONLY) != 0) != (kind != MASK_NET_ADMIN))
		return error_set(
			ret_error, EPERM, "/%s is not read-only after it was made so", path);
	return 0;
}

int kernelfs_verify(const Root *root, Error **ret_error)
{
	struct stat st;

	if (fstat(root->fd, &st) < 0)
		return error_errno(ret_error, errno, "look at the container's root");
	for (size_t i = 0; i < masks_count; i++) {
		MaskKind kind = masks[i].kind;
		int r;

		if (kind == MASK_NET_ADMIN && !has_switches(root))
			continue; /* a part of /proc/sys like any other */
		r = verify_path(root, masks[i].path, kind, st.st_dev, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}
