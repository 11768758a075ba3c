/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources of mounts on the host.
 */
#include "engine/start/mount-source.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/trusted-path.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202 /* these three are in no header of the kernel's */
#endif
#define CONFIGFS_MAGIC 0x62656570
#define FUSECTL_MAGIC 0x65735543

/* What speaks for the kernel: a container has its own, or none. A mount with one of them below it is refused by the kernel, as none can be id-mapped. */
static const struct {
	unsigned long magic;
	const char *name;
} kernel_systems[] = {
	{ PROC_SUPER_MAGIC, "proc" },
	{ SYSFS_MAGIC, "sysfs" },
	{ CGROUP_SUPER_MAGIC, "cgroup" },
	{ CGROUP2_SUPER_MAGIC, "cgroup2" },
	{ DEVPTS_SUPER_MAGIC, "devpts" },
	{ DEBUGFS_MAGIC, "debugfs" },
	{ TRACEFS_MAGIC, "tracefs" },
	{ SECURITYFS_MAGIC, "securityfs" },
	{ SELINUX_MAGIC, "selinuxfs" },
	{ SMACK_MAGIC, "smackfs" },
	{ BPF_FS_MAGIC, "bpf" },
	{ PSTOREFS_MAGIC, "pstore" },
	{ EFIVARFS_MAGIC, "efivarfs" },
	{ BINFMTFS_MAGIC, "binfmt_misc" },
	{ NSFS_MAGIC, "nsfs" },
	{ CONFIGFS_MAGIC, "configfs" },
	{ FUSECTL_MAGIC, "fusectl" },
	{ MQUEUE_MAGIC, "mqueue" },
};

/* By name, where the magic does not tell: devtmpfs has that of tmpfs, and so may what carries the mounts of cgroups. Of "/", the kernel would only say that
 * something below cannot be id-mapped. */
static const char *kernel_system_by_name(const char *real)
{
	if (strcmp(real, "/") == 0 || path_is_below(real, "/proc"))
		return "proc";
	if (path_is_below(real, "/sys"))
		return "sysfs";
	return strcmp(real, "/dev") == 0 ? "devtmpfs" : NULL;
}

static int check_file_system(int fd, const char *path, const char *real, Error **ret_error)
{
	const char *name = kernel_system_by_name(real);
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return error_errno(
			ret_error, errno, "cannot use %s: ask for its file system", path);
	for (size_t i = 0; !name && i < ARRAY_SIZE(kernel_systems); i++)
		if ((unsigned long)fs.f_type == kernel_systems[i].magic)
			name = kernel_systems[i].name;
	return name ? error_set(ret_error, EPERM,
			      "cannot use %s: it is, or has below it, the kernel's %s, of which a container has its own; mount another directory",
			      path, name)
		    : 0;
}

/* By device and inode, not by name: a bind mount of / has another name. Asked of place and of each directory above it. */
static bool is_on_the_way(const struct stat *st, char *place)
{
	for (;;) {
		struct stat above;
		char *slash = strrchr(place, '/');

		if (stat(*place ? place : "/", &above) == 0 && above.st_dev == st->st_dev &&
			above.st_ino == st->st_ino)
			return true;
		if (!slash)
			return false;
		*slash = '\0';
	}
}

/* What a container may write to is marked, and nothing below it is trusted from then on. With such a mark on a directory above our own
 * state, no container could start any more. */
static int check_writable(int fd, const char *path, Error **ret_error)
{
	static const LayoutPlace own[] = { LAYOUT_SERVICES, LAYOUT_FILESYSTEMS, LAYOUT_IMAGES,
		LAYOUT_UNITS, LAYOUT_RESERVATIONS, LAYOUT_RUN };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot use %s: examine it", path);
	for (size_t i = 0; i <= ARRAY_SIZE(own); i++) {
		_cleanup_free_ char *place =
			i < ARRAY_SIZE(own) ? layout_path(own[i]) : strdup("/usr");
		_cleanup_free_ char *name = place ? strdup(place) : NULL;

		if (!name)
			return error_oom(ret_error);
		if (is_on_the_way(&st, place))
			return error_set(ret_error, EPERM,
				"cannot use %s: %s is the same directory or below it, and no "
				"container may write there; mount it readonly, or mount a directory of its own",
				path, name);
	}
	return 0;
}

int mount_source_open(
	const char *path, bool writable, int *ret_fd, char **ret_real, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = trusted_path_open(path, 0, &fd, &real, ret_error);

	if (r < 0)
		return r;
	r = check_file_system(fd, path, real, ret_error);
	if (r == 0 && writable)
		r = check_writable(fd, path, ret_error);
	if (r < 0)
		return r;
	if (ret_real)
		*ret_real = TAKE_PTR(real);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
