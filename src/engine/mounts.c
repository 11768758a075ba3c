/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The description's mounts. Sources on the host are named by the administrator and walked to with
 * care; targets, and sources inside, lead through the container's content and are resolved below
 * its root.
 */
#include "engine/mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/trusted-path.h"
#include "engine/image.h"
#include "engine/mount-source.h"
#include "engine/mountfd.h"

/* Made by the engine, and what it verified there must stay true. */
/* Inodes are memory of the kernel beyond the size that was asked for. */
#define RAM_PER_INODE 4096u /* bytes of the size */
#define RAM_INODES_MIN 64u

static const char *const reserved[] = { "/proc", "/sys", "/dev" };

static int check_path(const char *path, Error **ret_error)
{
	if (!path || !path_is_normal(path) || path[1] == '\0')
		return error_set(ret_error, EINVAL,
			"%s is not a path for a mount: it must be absolute, without '.' and '..'",
			path ? path : "nothing");
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (path_is_below(path, reserved[i]))
			return error_set(ret_error, EPERM,
				"%s is below %s, which the container has of its own", path,
				reserved[i]);
	return 0;
}

/* What we make in the content is the container's: through an id-mapped mount only an id of its
 * range can make anything. The kernel makes a process that changes ids undumpable; as we share our
 * parent's memory that is put back. */
static int make_as_owner(Root *root, const char *path, bool directory)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), fd;

	(void)setfsgid(root->owner);
	(void)setfsuid(root->owner);
	if (directory)
		fd = path_mkdir_in_root(root->fd, path, 0755);
	else
		fd = path_open_no_links(root->fd, path, O_CREAT | O_EXCL | O_WRONLY, 0644);
	(void)setfsuid(0);
	(void)setfsgid(0);
	if (dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return fd;
}

static int open_target(
	Root *root, const char *target, bool directory, int *ret_fd, Error **ret_error)
{
	int fd = path_open_in_root(root->fd, target, O_PATH, 0);

	if (fd == -ENOENT) {
		(void)fd_close(make_as_owner(root, target, directory));
		fd = path_open_in_root(root->fd, target, O_PATH, 0);
	}
	if (fd < 0)
		return error_errno(ret_error, -fd, "open or make the mount point %s", target);
	*ret_fd = fd;
	return 0;
}

static int is_directory(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode);
}

static int bind_host(Root *root, const DescMount *mount, int *ret_fd, Error **ret_error)
{
	unsigned int readonly = mount->readonly ? MOUNT_ATTR_RDONLY : 0;
	_cleanup_fd_ int source = -EBADF, fd = -EBADF;
	int r;

	r = mount_source_open(mount, &source, NULL, ret_error);
	if (r < 0)
		return r;
	r = mountfd_clone(source, "", MOUNT_CLONE_RECURSIVE, &fd, ret_error);
	if (r < 0)
		return r;
	r = mountfd_set(fd, MOUNT_CLONE_RECURSIVE, readonly | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
		root->userns_fd, mount->source, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int bind_guest(Root *root, const DescMount *mount, int *ret_fd, Error **ret_error)
{
	unsigned int readonly = mount->readonly ? MOUNT_ATTR_RDONLY : 0;
	_cleanup_fd_ int source = -EBADF, fd = -EBADF;
	int r;

	r = check_path(mount->source, ret_error);
	if (r < 0)
		return r;
	source = path_open_in_root(root->fd, mount->source, O_PATH, 0);
	if (source < 0)
		return error_errno(ret_error, -source, "open %s inside", mount->source);
	r = mountfd_clone(source, "", MOUNT_CLONE_RECURSIVE, &fd, ret_error);
	if (r < 0)
		return r;
	r = mountfd_set(fd, MOUNT_CLONE_RECURSIVE, readonly, -EBADF, mount->source, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int new_ram(Root *root, const DescMount *mount, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *options = NULL, *all = NULL;
	int r;

	if (asprintf(&options, "mode=0755,size=%llu,nr_inodes=%llu,gid=%u",
		    (unsigned long long)mount->size,
		    (unsigned long long)(mount->size / RAM_PER_INODE + RAM_INODES_MIN),
		    root->owner) < 0) {
		options = NULL;
		return error_oom(ret_error);
	}
	r = root_mount_options(root, "tmpfs", options, &all, ret_error);
	if (r < 0)
		return r;
	return mountfd_new("tmpfs", all, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ret_fd, ret_error);
}

static int open_source(Root *root, const DescMount *mount, int *ret_fd, Error **ret_error)
{
	switch (mount->type) {
	case DESC_MOUNT_HOST_BIND:
	case DESC_MOUNT_HOST_IMAGE:
		*ret_fd = TAKE_FD(root->sources[mount - root->spec->desc->mounts]);
		return 0;
	case DESC_MOUNT_GUEST_BIND:
		return bind_guest(root, mount, ret_fd, ret_error);
	case DESC_MOUNT_RAM:
		return new_ram(root, mount, ret_fd, ret_error);
	case _DESC_MOUNT_TYPE_MAX:
	case _DESC_MOUNT_TYPE_INVALID:
		break;
	}
	return error_set(ret_error, EINVAL, "there is no mount of type %d", mount->type);
}

static int mount_one(Root *root, const DescMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF, target = -EBADF;
	int r;

	r = check_path(mount->target, ret_error);
	if (r < 0)
		return r;
	r = open_source(root, mount, &fd, ret_error);
	if (r < 0)
		return r;
	r = is_directory(fd);
	if (r < 0)
		return error_errno(ret_error, -r, "look at what is to be mounted");
	r = open_target(root, mount->target, r > 0, &target, ret_error);
	return r < 0 ? r : mountfd_attach(fd, target, "", ret_error);
}

/* Before any other source is looked for: it may lie below. */
static int mark_writable(const DescMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (mount->type != DESC_MOUNT_HOST_BIND || mount->readonly)
		return 0;
	r = mount_source_open(mount, &fd, NULL, ret_error);
	return r < 0 ? r : trusted_path_mark(fd, mount->source, ret_error);
}

static int open_host(Root *root, const DescMount *mount, int *ret_fd, Error **ret_error)
{
	switch (mount->type) {
	case DESC_MOUNT_HOST_BIND:
		return bind_host(root, mount, ret_fd, ret_error);
	case DESC_MOUNT_HOST_IMAGE:
		return image_open(
			mount->source, mount->readonly, root->userns_fd, ret_fd, ret_error);
	default:
		return 0;
	}
}

int mounts_open(Root *root, Error **ret_error)
{
	const Desc *desc = root->spec->desc;
	int r = 0;

	if (desc->n_mounts == 0)
		return 0;
	root->sources = malloc(desc->n_mounts * sizeof(*root->sources));
	if (!root->sources)
		return error_oom(ret_error);
	for (size_t i = 0; i < desc->n_mounts; i++)
		root->sources[i] = -EBADF;
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < desc->n_mounts; i++) {
			const DescMount *mount = &desc->mounts[i];

			r = pass == 0 ? mark_writable(mount, ret_error)
				      : open_host(root, mount, &root->sources[i], ret_error);
			if (r < 0)
				return error_wrap(ret_error, "mount %s", mount->target);
		}
	return 0;
}

void mounts_done(Root *root)
{
	for (size_t i = 0; root->sources && i < root->spec->desc->n_mounts; i++)
		(void)fd_close(root->sources[i]);
	free(root->sources);
	root->sources = NULL;
}

int mounts_apply(Root *root, Error **ret_error)
{
	const Desc *desc = root->spec->desc;

	for (size_t i = 0; i < desc->n_mounts; i++) {
		int r = mount_one(root, &desc->mounts[i], ret_error);
		if (r < 0)
			return error_wrap(ret_error, "mount %s", desc->mounts[i].target);
	}
	return 0;
}
