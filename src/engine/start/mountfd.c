/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounts as descriptors.
 */
#include "engine/start/mountfd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"

/* Cuts the next option off *text, unquoting its value in place. *ret_value is NULL for a flag.
 * False at the end. */
static bool next_option(char **text, char **ret_key, char **ret_value)
{
	char *in = *text, *out = *text;
	bool quoted = false;

	if (*in == '\0')
		return false;
	*ret_key = in;
	*ret_value = NULL;
	for (; *in && (quoted || *in != ','); in++) {
		if (*in == '"') {
			quoted = !quoted;
		} else if (*in == '=' && !*ret_value) {
			*out++ = '\0';
			*ret_value = out;
		} else {
			*out++ = *in;
		}
	}
	*text = *in ? in + 1 : in;
	*out = '\0';
	return true;
}

static int configure(int fs_fd, const char *fstype, const char *options, Error **ret_error)
{
	_cleanup_free_ char *copy = strdup(options ? options : "");
	char *rest = copy, *key, *value;

	if (!copy)
		return error_oom(ret_error);
	while (next_option(&rest, &key, &value)) {
		unsigned int kind = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
		if (fsconfig(fs_fd, kind, key, value, 0) < 0)
			return error_errno(ret_error, errno,
				"cannot set option %s of a %s file system", key, fstype);
	}
	if (fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_errno(ret_error, errno, "cannot create a %s file system", fstype);
	return 0;
}

int mountfd_new(const char *fstype, const char *options, unsigned int attributes, int *ret_fd,
	Error **ret_error)
{
	_cleanup_fd_ int fs_fd = -EBADF;
	int fd, r;

	fs_fd = fsopen(fstype, FSOPEN_CLOEXEC);
	if (fs_fd < 0)
		return error_errno(ret_error, errno, "cannot open a %s file system", fstype);
	r = configure(fs_fd, fstype, options, ret_error);
	if (r < 0)
		return r;
	fd = fsmount(fs_fd, FSMOUNT_CLOEXEC, attributes);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot mount a %s file system", fstype);
	*ret_fd = fd;
	return 0;
}

int mountfd_clone(
	int dirfd, const char *path, MountCloneFlags flags, int *ret_fd, Error **ret_error)
{
	unsigned int f = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
	int fd;

	if (!(flags & MOUNT_CLONE_FOLLOW))
		f |= AT_SYMLINK_NOFOLLOW;
	if (flags & MOUNT_CLONE_RECURSIVE)
		f |= AT_RECURSIVE;
	fd = open_tree(dirfd, path, f);
	if (fd < 0)
		return error_errno(
			ret_error, errno, "cannot bind %s", *path ? path : "a directory");
	*ret_fd = fd;
	return 0;
}

int mountfd_set(int fd, MountCloneFlags flags, unsigned int attributes, int userns_fd,
	const char *what, Error **ret_error)
{
	struct mount_attr attr = { .attr_set = attributes };
	unsigned int f = AT_EMPTY_PATH;

	if (flags & MOUNT_CLONE_RECURSIVE)
		f |= AT_RECURSIVE;
	if (userns_fd >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (unsigned int)userns_fd;
	}
	if (mount_setattr(fd, "", f, &attr, sizeof(attr)) < 0) {
		if (userns_fd >= 0 && errno == EINVAL)
			return error_set(ret_error, EINVAL,
				"map the ids of %s: its file system, or a file system mounted below it, cannot be id-mapped by this kernel",
				what);
		return error_errno(ret_error, errno, "cannot set the mount attributes of %s", what);
	}
	return 0;
}

int mountfd_protect_below(int fd, const char *what, Error **ret_error)
{
	struct mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
	struct statvfs fs;
	int r;

	if (fstatvfs(fd, &fs) < 0)
		return error_errno(ret_error, errno, "cannot examine the mount of %s", what);
	r = mountfd_set(fd, MOUNT_CLONE_RECURSIVE, MOUNT_ATTR_RDONLY, -EBADF, what, ret_error);
	if (r < 0 || (fs.f_flag & ST_RDONLY))
		return r;
	return mount_setattr(fd, "", AT_EMPTY_PATH, &writable, sizeof(writable)) < 0
		       ? error_errno(
				 ret_error, errno, "cannot set the mount attributes of %s", what)
		       : 0;
}

int mountfd_enslave(int fd, MountCloneFlags flags, const char *what, Error **ret_error)
{
	struct mount_attr attr = { .propagation = MS_SLAVE };
	unsigned int f = AT_EMPTY_PATH | (flags & MOUNT_CLONE_RECURSIVE ? AT_RECURSIVE : 0u);

	return mount_setattr(fd, "", f, &attr, sizeof(attr)) < 0
		       ? error_errno(ret_error, errno, "cannot propagate mounts of the host to %s",
				 what)
		       : 0;
}

int mountfd_attach(int fd, int dirfd, const char *name, Error **ret_error)
{
	unsigned int f = MOVE_MOUNT_F_EMPTY_PATH;

	if (*name == '\0')
		f |= MOVE_MOUNT_T_EMPTY_PATH;
	if (move_mount(fd, "", dirfd, name, f) < 0)
		return error_errno(
			ret_error, errno, "cannot mount on %s", *name ? name : "a directory");
	return 0;
}

/* Attributes are handed to mount(2) as they are. */
_Static_assert(MOUNT_ATTR_RDONLY == MS_RDONLY && MOUNT_ATTR_NOSUID == MS_NOSUID &&
		       MOUNT_ATTR_NODEV == MS_NODEV && MOUNT_ATTR_NOEXEC == MS_NOEXEC,
	"the attributes of a mount are the flags of the same names");

int mount_new(const char *fstype, const char *target, const char *options, unsigned int attributes,
	Error **ret_error)
{
	if (mount(fstype, target, fstype, attributes, options) < 0)
		return error_errno(
			ret_error, errno, "cannot mount a %s file system on %s", fstype, target);
	return 0;
}

int mount_bind(const char *source, const char *target, unsigned long flags)
{
	if (mount(source, target, NULL, MS_BIND, NULL) < 0)
		return -errno;
	if (flags && mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0)
		return -errno;
	return 0;
}
