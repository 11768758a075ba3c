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
#include "engine/start/kernelfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/start/mount-point.h"
#include "engine/start/mountfd.h"

#define NUMBER_PATH 256 /* bytes of a path with a number in it */
#define NUMBER_MAX 8192 /* NR_CPUS of the largest configuration */
#define WRITABLE_MAX 64u /* paths that stay writable within a read-only whole */

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

static int check_target(
	const Root *root, const SpecMount *mount, const char *only, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;

	if (strcmp(mount->target, only) != 0)
		return error_set(ret_error, EOPNOTSUPP, "it can only be mounted on %s", only);
	if (root->spec->root.kind == SPEC_ROOT_TMPFS)
		return 0;
	/* Somebody else's directory: a link there would lead the plain paths below elsewhere. */
	fd = path_open_no_links(root->fd, only, O_PATH | O_DIRECTORY, 0);
	return fd < 0 ? error_errno(ret_error, -fd, "cannot open the root's directory %s", only)
		      : 0;
}

static int make_mask_sources(Root *root, Error **ret_error)
{
	struct stat st;
	int r = 0;

	if (root->mask_device != 0)
		return 0;
	if (root->spec->root.kind != SPEC_ROOT_TMPFS)
		r = root_mount_tmpfs(
			root, "proc", "mode=0755,size=16k,nr_inodes=16", MOUNT_QUIET, ret_error);
	if (r == 0)
		r = root_make_directory(root, MASK_PLACE, 0700, ret_error);
	if (r == 0)
		r = root_make_file(root, MASK_PLACE "/" MASK_FILE_NAME, 0, NULL, ret_error);
	if (r == 0)
		r = root_make_directory(root, MASK_PLACE "/" MASK_DIRECTORY_NAME, 0, ret_error);
	if (r < 0)
		return r;
	if (fstatat(root->fd, MASK_PLACE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "cannot inspect the masks");
	root->mask_device = st.st_dev;
	r = mount_bind(MASK_PLACE, MASK_SOURCE, MOUNT_ATTR_RDONLY | MOUNT_QUIET);
	return r < 0 ? error_errno(ret_error, -r, "cannot bind the masks") : 0;
}

/* procfs of the pid namespace that we are in. */
int kernelfs_mount_proc(Root *root, const SpecMount *mount, Error **ret_error)
{
	int r = check_target(root, mount, "/proc", ret_error);

	if (r == 0)
		r = make_mask_sources(root, ret_error);
	return r < 0 ? r : mount_new("proc", "proc", NULL, MOUNT_QUIET, ret_error);
}

/* 0 as well when this kernel has no such part. */
static int bind_sys_part(const char *part, Error **ret_error)
{
	char source[64], target[64];
	int r;

	(void)snprintf(source, sizeof(source), SYSFS_PLACE "/%s", part);
	(void)snprintf(target, sizeof(target), "sys/%s", part);
	r = mount_bind(source, target, 0);
	return r < 0 && r != -ENOENT ? error_errno(ret_error, -r, "cannot bind %s", source) : 0;
}

static int make_part_directory(const Root *root, const char *part, Error **ret_error)
{
	char path[64];
	int r = 0;

	(void)snprintf(path, sizeof(path), "sys/%s", part);
	for (char *p = strchr(path + strlen("sys/"), '/'); r == 0 && p; p = strchr(p + 1, '/')) {
		*p = '\0';
		r = root_make_directory(root, path, 0755, ret_error);
		*p = '/';
	}
	return r < 0 ? r : root_make_directory(root, path, 0755, ret_error);
}

/* /sys must be a mount point: systemd would otherwise try to mount one. */
static int make_sys_directory(Root *root, char *const *parts, Error **ret_error)
{
	int r = make_part_directory(root, "fs/cgroup", ret_error);

	STRV_FOREACH (part, parts)
		if (r == 0)
			r = make_part_directory(root, *part, ret_error);
	if (r < 0)
		return r;
	r = mount_bind("sys", "sys", MOUNT_ATTR_RDONLY | MOUNT_QUIET);
	return r < 0 ? error_errno(ret_error, -r, "cannot make /sys a mount point") : 0;
}

/* The parts are taken from an instance of our network namespace. With the host's network that is
 * the host's own instance: only the initial user namespace may mount it, which is why we, and not
 * the container, do. */
static int mount_sys_parts(Root *root, char *const *parts, Error **ret_error)
{
	const unsigned int flags = MOUNT_QUIET | MOUNT_ATTR_RDONLY;
	int r = 0;

	/* On the host's network it is what lies there already, and the kernel mounts nothing over itself. */
	if (mount_new("sysfs", SYSFS_PLACE, NULL, flags, NULL) < 0) {
		r = mount_new("tmpfs", SYSFS_PLACE, "size=4k", MOUNT_QUIET, ret_error);
		if (r == 0)
			r = mount_new("sysfs", SYSFS_PLACE, NULL, flags, ret_error);
	}
	if (r == 0)
		r = make_sys_directory(root, parts, ret_error);
	STRV_FOREACH (part, parts)
		if (r == 0)
			r = bind_sys_part(*part, ret_error);
	return r;
}

int kernelfs_mount_sys(Root *root, const SpecMount *mount, Error **ret_error)
{
	unsigned int readonly = mount->flags & SPEC_MOUNT_READONLY ? MOUNT_ATTR_RDONLY : 0;
	int r = check_target(root, mount, "/sys", ret_error);

	if (r < 0)
		return r;
	if (!mount->parts)
		return mount_new("sysfs", "sys", NULL, MOUNT_QUIET | readonly, ret_error);
	if (root->spec->root.kind != SPEC_ROOT_TMPFS && !mount_point_is_fresh(root, "/sys"))
		return error_set(ret_error, EOPNOTSUPP,
			"only in a root of our own making, or in a tmpfs, can /sys have parts");
	return mount_sys_parts(root, mount->parts, ret_error);
}

/* The root of this mount is the container's own subtree, as its cgroup namespace has it. */
int kernelfs_mount_cgroup(Root *root, const SpecMount *mount, Error **ret_error)
{
	unsigned int readonly = mount->flags & SPEC_MOUNT_READONLY ? MOUNT_ATTR_RDONLY : 0;
	int r = check_target(root, mount, "/sys/fs/cgroup", ret_error);

	if (r < 0)
		return r;
	if (!root->cgroup)
		return mount->flags & SPEC_MOUNT_OPTIONAL
			       ? 0
			       : error_set(ret_error, EOPNOTSUPP,
					 "this host has no cgroup v2 file system");
	return mount_new("cgroup2", "sys/fs/cgroup", NULL, MOUNT_QUIET | readonly, ret_error);
}

/* Looked at first: a bind that fails because one is a file and the other a directory has to be taken
 * apart again, which waits for all processors. 0 as well when this kernel has no such path. */
static int hide_at(const Root *root, const char *path, Error **ret_error)
{
	struct stat st;
	int r;

	if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : error_errno(ret_error, errno, "cannot inspect /%s", path);
	r = mount_bind(S_ISDIR(st.st_mode) ? MASK_SOURCE "/" MASK_DIRECTORY_NAME
					   : MASK_SOURCE "/" MASK_FILE_NAME,
		path, 0);
	return r < 0 ? error_errno(ret_error, -r, "mask /%s", path) : 0;
}

static bool is_kernels(const char *path)
{
	return path_is_below(path, "proc") || path_is_below(path, "sys");
}

/* On the host's root a link of the administrator's may stand in the way, whose name must not lead us to the host itself. A descriptor of what is to be covered,
 * or is covered; -ENOENT. */
static int open_on_host(const Root *root, const char *path)
{
	return path_open_in_root(root->fd, path, O_PATH | O_NOFOLLOW, 0);
}

static int hide_on_host(const Root *root, const char *path, Error **ret_error)
{
	_cleanup_fd_ int target = open_on_host(root, path), fd = -EBADF;
	struct stat st;
	int r;

	if (target == -ENOENT)
		return 0;
	if (target < 0 || fstat(target, &st) < 0)
		return error_errno(
			ret_error, target < 0 ? -target : errno, "cannot inspect /%s", path);
	r = mountfd_clone(AT_FDCWD,
		S_ISDIR(st.st_mode) ? MASK_SOURCE "/" MASK_DIRECTORY_NAME
				    : MASK_SOURCE "/" MASK_FILE_NAME,
		0, &fd, ret_error);
	return r < 0 ? r : mountfd_attach(fd, target, "", ret_error);
}

static int hide(const Root *root, const char *path, Error **ret_error)
{
	return is_kernels(path) ? hide_at(root, path, ret_error)
				: hide_on_host(root, path, ret_error);
}

static int make_readonly(const char *path, Error **ret_error)
{
	int r = mount_bind(path, path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);

	return r < 0 && r != -ENOENT ? error_errno(ret_error, -r, "protect /%s", path) : 0;
}

static bool exists(const Root *root, const char *path)
{
	return faccessat(root->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "sys/devices/system/cpu/cpu*" with what follows the number: false without a star. */
static bool split_number(const char *path, char before[static NUMBER_PATH], const char **ret_after)
{
	const char *star = strchr(path, '*');
	size_t n = star ? (size_t)(star - path) : NUMBER_PATH;

	if (n >= NUMBER_PATH)
		return false;
	memcpy(before, path, n);
	before[n] = '\0';
	*ret_after = star + 1;
	return true;
}

/* A processor's thermal counters, for one, leak what other tenants compute. Each processor that is not
 * switched off, as the first cannot be, has its own directory, or none has. */
static int hide_numbered(const Root *root, const char *before, const char *after, Error **ret_error)
{
	char path[NUMBER_PATH + 64];

	for (int i = 0; i < NUMBER_MAX; i++) {
		bool there;
		int r;

		(void)snprintf(path, sizeof(path), "%s%d%s", before, i, after);
		there = exists(root, path);
		if (!there && i == 0)
			return 0;
		r = there ? hide(root, path, ret_error) : 0;
		if (r < 0)
			return r;
		(void)snprintf(path, sizeof(path), "%s%d", before, i);
		if (!there && !exists(root, path))
			return 0;
	}
	return 0;
}

static int hide_one(const Root *root, const char *path, Error **ret_error)
{
	char before[NUMBER_PATH];
	const char *after;

	return split_number(path, before, &after) ? hide_numbered(root, before, after, ret_error)
						  : hide(root, path, ret_error);
}

/* Plain paths are right there alone: in what is our own, or the kernel's; and, with care, on the host's root, whose directories are the administrator's. */
static int check_paths(char *const *paths, bool host, Error **ret_error)
{
	STRV_FOREACH (path, paths)
		if (!path_is_normal(*path) || (!host && !is_kernels(*path + 1)))
			return error_set(ret_error, EOPNOTSUPP,
				"cannot hide or protect %s: only paths below /proc and /sys can be",
				*path);
	return 0;
}

/* Has to be done before the whole becomes read-only: a bind of a read-only mount would be
 * read-only, too. What this kernel does not have (IPv6) stays -EBADF. */
static int clone_writable(const Root *root, int *fds, Error **ret_error)
{
	char *const *paths = root->spec->paths.writable;

	for (size_t i = 0; paths && paths[i]; i++) {
		int r;

		if (!exists(root, paths[i] + 1))
			continue;
		r = mountfd_clone(root->fd, paths[i] + 1, 0, &fds[i], ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int attach_writable(const Root *root, const int *fds, Error **ret_error)
{
	char *const *paths = root->spec->paths.writable;

	for (size_t i = 0; paths && paths[i]; i++) {
		int r = fds[i] < 0 ? 0 : mountfd_attach(fds[i], root->fd, paths[i] + 1, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

static int protect(const Root *root, const int *fds, Error **ret_error)
{
	const SpecPaths *paths = &root->spec->paths;
	int r = 0;

	STRV_FOREACH (path, paths->hidden)
		if (r == 0)
			r = hide_one(root, *path + 1, ret_error);
	STRV_FOREACH (path, paths->readonly)
		if (r == 0)
			r = make_readonly(*path + 1, ret_error);
	return r < 0 ? r : attach_writable(root, fds, ret_error);
}

int kernelfs_protect(Root *root, Error **ret_error)
{
	const SpecPaths *paths = &root->spec->paths;
	int fds[WRITABLE_MAX], r;

	if (strv_length(paths->writable) > WRITABLE_MAX)
		return error_set(
			ret_error, E2BIG, "more than %u paths are to stay writable", WRITABLE_MAX);
	for (size_t i = 0; i < WRITABLE_MAX; i++)
		fds[i] = -EBADF;
	r = check_paths(paths->hidden, root->spec->root.kind == SPEC_ROOT_HOST, ret_error);
	if (r == 0)
		r = check_paths(paths->readonly, false, ret_error);
	if (r == 0)
		r = check_paths(paths->writable, false, ret_error);
	if (r == 0 && paths->hidden)
		r = make_mask_sources(root, ret_error);
	if (r == 0)
		r = clone_writable(root, fds, ret_error);
	if (r == 0)
		r = protect(root, fds, ret_error);
	for (size_t i = 0; i < WRITABLE_MAX; i++)
		(void)fd_close(fds[i]);
	return r;
}

static int verify_readonly(const char *path, bool readonly, Error **ret_error)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return errno == ENOENT ? 0
				       : error_errno(ret_error, errno,
						 "cannot inspect the mount of /%s", path);
	if (((fs.f_flag & ST_RDONLY) != 0) != readonly)
		return error_set(ret_error, EPERM, "/%s is not %s after it was made so", path,
			readonly ? "read-only" : "writable");
	return 0;
}

static int verify_hidden_at(const Root *root, const char *path, Error **ret_error)
{
	struct stat st;

	if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : error_errno(ret_error, errno, "cannot inspect /%s", path);
	if (st.st_dev != root->mask_device || (st.st_mode & ALLPERMS) != 0)
		return error_set(ret_error, EPERM, "/%s is not hidden after it was masked", path);
	return verify_readonly(path, true, ret_error);
}

static int verify_hidden_on_host(const Root *root, const char *path, Error **ret_error)
{
	_cleanup_fd_ int fd = open_on_host(root, path);
	struct statvfs fs;
	struct stat st;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
		return error_errno(ret_error, fd < 0 ? -fd : errno, "cannot inspect /%s", path);
	return st.st_dev == root->mask_device && (st.st_mode & ALLPERMS) == 0 &&
			       (fs.f_flag & ST_RDONLY)
		       ? 0
		       : error_set(ret_error, EPERM, "/%s is not hidden after it was masked", path);
}

static int verify_hidden(const Root *root, const char *path, Error **ret_error)
{
	return is_kernels(path) ? verify_hidden_at(root, path, ret_error)
				: verify_hidden_on_host(root, path, ret_error);
}

int kernelfs_verify(const Root *root, Error **ret_error)
{
	const SpecPaths *paths = &root->spec->paths;
	int r = 0;

	STRV_FOREACH (path, paths->hidden)
		if (r == 0 && !strchr(*path, '*'))
			r = verify_hidden(root, *path + 1, ret_error);
	STRV_FOREACH (path, paths->readonly)
		if (r == 0)
			r = verify_readonly(*path + 1, true, ret_error);
	STRV_FOREACH (path, paths->writable)
		if (r == 0)
			r = verify_readonly(*path + 1, false, ret_error);
	return r;
}
