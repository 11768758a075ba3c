/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a mount goes.
 */
#include "engine/start/mount-point.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"

#define BEGIN_SIZE_MAX (4u * 1024 * 1024) /* bytes: they are memory of the host's */

static bool is_foreign(const SpecMount *mount)
{
	return mount->target &&
	       (mount->kind == SPEC_MOUNT_BIND || mount->kind == SPEC_MOUNT_INSIDE ||
		       mount->kind == SPEC_MOUNT_IMAGE);
}

bool mount_point_is_own(const Root *root, const char *target)
{
	if (root->spec->root.kind != SPEC_ROOT_TMPFS)
		return false;
	for (size_t i = 0; i < root->next; i++)
		if (is_foreign(&root->spec->mounts[i]) &&
			path_is_below(target, root->spec->mounts[i].target))
			return false;
	return true;
}

bool mount_point_is_fresh(const Root *root, const char *directory)
{
	bool fresh = false;

	for (size_t i = 0; i < root->next; i++) {
		const SpecMount *mount = &root->spec->mounts[i];

		if (mount->target && strcmp(mount->target, directory) == 0 &&
			mount->kind != SPEC_MOUNT_DIRECTORY)
			fresh = mount->kind == SPEC_MOUNT_TMPFS && !mount->parts;
	}
	return fresh;
}

int mount_point_open_fresh(const Root *root, const char *path)
{
	_cleanup_free_ char *directory = strndup(path, (size_t)(strrchr(path, '/') - path));
	_cleanup_fd_ int fd = -EBADF;
	struct statx found;

	if (!directory)
		return -ENOMEM;
	if (!mount_point_is_fresh(root, directory))
		return -EOPNOTSUPP;
	fd = path_open_no_links(root->fd, directory, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &found) < 0)
		return -errno;
	return found.stx_attributes & STATX_ATTR_MOUNT_ROOT ? TAKE_FD(fd) : -EOPNOTSUPP;
}

/* Directories up to the last component. */
static int make_parents(const Root *root, const char *path, Error **ret_error)
{
	_cleanup_free_ char *copy = strdup(path);
	int r = 0;

	if (!copy)
		return error_oom(ret_error);
	for (char *p = strchr(copy, '/'); r == 0 && p; p = strchr(p + 1, '/')) {
		*p = '\0';
		r = root_make_directory(root, copy, 0755, ret_error);
		*p = '/';
	}
	return r;
}

static int make_target(const Root *root, const char *path, bool directory, Error **ret_error)
{
	return directory ? root_make_directory(root, path, 0755, ret_error)
			 : root_make_target(root, path, ret_error);
}

/* Most often the parents are there. */
int mount_point_make_own(const Root *root, const char *path, bool directory, Error **ret_error)
{
	int r = make_target(root, path, directory, NULL);

	if (r == 0)
		return 0;
	r = make_parents(root, path, ret_error);
	return r < 0 ? r : make_target(root, path, directory, ret_error);
}

/* What the container's start depends on, and who is inside has not to move. */
static bool is_kept(const SpecMount *mount)
{
	switch (mount->kind) {
	case SPEC_MOUNT_DEVPTS:
	case SPEC_MOUNT_MQUEUE:
	case SPEC_MOUNT_PROC:
	case SPEC_MOUNT_SYSFS:
	case SPEC_MOUNT_CGROUP:
		return true;
	default:
		return mount->flags & SPEC_MOUNT_KEPT;
	}
}

/* Is it at, below or above one of those? */
static int meets_kept(const Root *root, int fd)
{
	_cleanup_free_ char *path = path_of_fd(root->links_fd, root->fd, fd);

	if (!path)
		return errno ? -errno : -ENOMEM;
	for (size_t i = 0; i < root->spec->n_mounts; i++) {
		const SpecMount *mount = &root->spec->mounts[i];

		if (is_kept(mount) &&
			(path_is_below(path, mount->target) || path_is_below(mount->target, path)))
			return 1;
	}
	return 0;
}

/* The container's content and what was mounted for it, but no mount as a whole, nor, where we built the root, its own directories. */
static int is_content(const Root *root, int fd)
{
	struct statx own, found;
	int r;

	if (statx(root->fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &own) < 0 ||
		statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &found) < 0)
		return -errno;
	if (found.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return 0;
	if (root->spec->root.kind == SPEC_ROOT_TMPFS && found.stx_mnt_id == own.stx_mnt_id)
		return 0;
	r = meets_kept(root, fd);
	return r < 0 ? r : !r;
}

/* Links inside are the container's own, and may come after the administrator's words: one that leads to /proc or /sys would put a
 * directory of the container's where we are about to make what belongs there, by names that can be links again. 1, and a descriptor;
 * 0: nothing is there. */
int mount_point_find(const Root *root, const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = path_open_no_links(root->fd, path, O_PATH, 0);
	int r = 1;

	if (fd == -ELOOP) {
		fd = path_open_in_root(root->fd, path, O_PATH, 0);
		if (fd >= 0)
			r = is_content(root, fd);
	}
	if (fd == -ENOENT)
		return 0;
	if (fd < 0 || r < 0)
		return error_errno(ret_error, fd < 0 ? -fd : -r, "cannot open %s inside", path);
	if (r == 0)
		return error_set(ret_error, ELOOP,
			"cannot use %s: a link inside leads out of the container's content; remove it",
			path);
	*ret_fd = TAKE_FD(fd);
	return 1;
}

int mount_point_make_inside(const Root *root, const char *path, bool directory)
{
	const char *name = strrchr(path, '/');
	_cleanup_free_ char *parent = name ? strndup(path, (size_t)(name - path)) : NULL;
	int fd;

	root_drop_capabilities(root);
	if (directory) {
		fd = path_mkdir_in_root(root->fd, path, 0755);
	} else {
		if (parent && *parent)
			(void)fd_close(path_mkdir_in_root(root->fd, parent, 0755));
		fd = path_open_no_links(root->fd, path, O_CREAT | O_EXCL | O_WRONLY, 0644);
	}
	root_regain_capabilities(root);
	return fd;
}

int mount_point_open(
	const Root *root, const SpecMount *mount, bool directory, int *ret_fd, Error **ret_error)
{
	int r = mount_point_find(root, mount->target, ret_fd, ret_error);

	if (r == 0 && (mount->flags & SPEC_MOUNT_MAKE)) {
		(void)fd_close(mount_point_make_inside(root, mount->target, directory));
		r = mount_point_find(root, mount->target, ret_fd, ret_error);
	}
	if (r == 0)
		return error_errno(ret_error, ENOENT, "cannot open or create the mount point %s",
			mount->target);
	return r < 0 ? r : 0;
}

int mount_point_begin_source(const Root *root, const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = path_open_no_links(root->fd, mount->target,
				 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0),
			 source = -EBADF;
	_cleanup_free_ char *content = NULL;
	struct stat st;
	size_t size;
	int r = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0)
		r = S_ISREG(st.st_mode) ? fd_read_all(fd, BEGIN_SIZE_MAX, &content, &size)
					: -EINVAL;
	if (r == -EFBIG)
		return error_set(ret_error, EFBIG,
			"cannot add to %s, which is larger than %u MiB; make it smaller, or mount one of your own there (-m)",
			mount->target, BEGIN_SIZE_MAX >> 20);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read %s inside", mount->target);
	source = open(mount->source, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	r = source < 0 ? -errno : fd_write_all(source, content, size);
	return r < 0 ? error_errno(ret_error, -r, "cannot write %s", mount->source) : 0;
}
