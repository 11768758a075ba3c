/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources of mounts on the host.
 */
#include "engine/start/mount-source.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/file.h"
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
			      "cannot use %s: it is or contains the kernel's %s, and a container has its own; mount another directory",
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

char *mount_source_point(const char *line)
{
	char *point, *out, *in;

	for (int i = 0; i < 4 && line; i++) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	point = line ? strndup(line, strcspn(line, " \n")) : NULL;
	for (in = out = point; in && *in; out++) {
		unsigned int value;

		if (*in == '\\' && sscanf(in + 1, "%3o", &value) == 1) {
			*out = (char)value;
			in += 4;
		} else {
			*out = *in++;
		}
	}
	if (point)
		*out = '\0';
	return point;
}

static bool is_host_root(int fd)
{
	struct stat root, st;

	return stat("/", &root) == 0 && fstat(fd, &st) == 0 && st.st_dev == root.st_dev &&
	       st.st_ino == root.st_ino;
}

/* What is mounted below comes along, and belongs inside to the users of the same numbers. */
static int check_below(int real_fd, const char *real, bool writable, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (fstat(real_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		return 0; /* nothing can be mounted below it */
	r = file_read("/proc/self/mountinfo", &text, NULL, ret_error);
	for (const char *line = text; r == 0 && line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		_cleanup_free_ char *point = mount_source_point(line);
		_cleanup_fd_ int fd = -EBADF;

		if (!point || strcmp(point, real) == 0 || !path_is_below(point, real))
			continue;
		fd = open(point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && is_host_root(fd))
			r = error_set(ret_error, EPERM,
				"cannot use %s: the host's root is mounted at %s; unmount it there",
				real, point);
		else if (fd >= 0 && writable)
			r = check_writable(fd, point, ret_error);
	}
	return r;
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
	if (r == 0)
		r = check_below(fd, real, writable, ret_error);
	if (r < 0)
		return r;
	if (ret_real)
		*ret_real = TAKE_PTR(real);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
