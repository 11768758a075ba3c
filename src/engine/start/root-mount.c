/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The root's own mount. It lies over "/" of the builder's mount namespace rather than on some directory, so that it hides nothing that is still to
 * be bound.
 */
#include "engine/start/root-mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/trusted-path.h"
#include "engine/start/fs-image.h"
#include "engine/start/idmap.h"
#include "engine/start/mount-source.h"
#include "engine/start/mountfd.h"
#include "engine/start/overlay.h"

#define DIRECTORY_FLAGS (MOUNT_CLONE_RECURSIVE | MOUNT_CLONE_FOLLOW)

static int open_tmpfs(Root *root, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *options = NULL;
	int r = root_mount_options(root, "tmpfs", root->spec->root.options, &options, ret_error);

	return r < 0 ? r
		     : mountfd_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ret_fd,
			       ret_error);
}

/* A directory of the host's is found as the source of a mount is: its path may have been exchanged since it was described. */
static int clone_directory(const SpecRoot *spec, const char *source, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (spec->kind != SPEC_ROOT_DIRECTORY)
		return mountfd_clone(AT_FDCWD, source, DIRECTORY_FLAGS, ret_fd, ret_error);
	r = mount_source_open(source, !spec->readonly, &fd, NULL, ret_error);
	return r < 0 ? r : mountfd_clone(fd, "", DIRECTORY_FLAGS, ret_fd, ret_error);
}

int root_open_slave(Root *root, Error **ret_error)
{
	const SpecRoot *spec = &root->spec->root;
	const char *source = spec->kind == SPEC_ROOT_HOST ? "/" : spec->source;
	int r;

	if (spec->propagation != SPEC_PROPAGATION_SLAVE || !source)
		return 0;
	r = clone_directory(spec, source, &root->fd, ret_error);
	return r < 0 ? r : mountfd_enslave(root->fd, DIRECTORY_FLAGS, source, ret_error);
}

/* whole: nothing in it can be written, whatever is mounted there; no mount point is made in it then. */
static int open_directory(
	Root *root, const char *source, bool whole, int userns_fd, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = TAKE_FD(root->fd);
	int r = fd >= 0 ? 0 : clone_directory(&root->spec->root, source, &fd, ret_error);

	/* From now on its links are the container's: no path of the host leads through them. */
	if (r == 0 && root->spec->root.kind == SPEC_ROOT_DIRECTORY && !root->spec->root.readonly)
		r = trusted_path_mark(fd, source, ret_error);
	if (r < 0)
		return r;
	r = mountfd_set(fd, MOUNT_CLONE_RECURSIVE,
		MOUNT_ATTR_NODEV | (whole ? MOUNT_ATTR_RDONLY : 0u), userns_fd, source, ret_error);
	/* Itself only when the mount points are made. */
	if (r == 0 && root->spec->root.kind == SPEC_ROOT_DIRECTORY && root->spec->root.readonly)
		r = mountfd_protect_below(fd, source, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int open_mount(Root *root, int *ret_fd, Error **ret_error)
{
	const SpecRoot *spec = &root->spec->root;
	int userns_fd = idmap_fd(root, spec->mapping, &spec->users, &spec->groups);

	if ((spec->kind == SPEC_ROOT_DIRECTORY || spec->kind == SPEC_ROOT_IMAGE) && !spec->source)
		return error_set(ret_error, EINVAL, "the root has no source");
	switch (spec->kind) {
	case SPEC_ROOT_TMPFS:
		return open_tmpfs(root, ret_fd, ret_error);
	case SPEC_ROOT_DIRECTORY:
		return open_directory(root, spec->source, false, userns_fd, ret_fd, ret_error);
	case SPEC_ROOT_IMAGE:
		return image_open_foreign(root->label, spec->source, true,
			spec->readonly ? MOUNT_ATTR_RDONLY : 0u, userns_fd, ret_fd, ret_error);
	case SPEC_ROOT_OVERLAY:
		return overlay_open(root, ret_fd, ret_error);
	case SPEC_ROOT_HOST:
		return open_directory(root, "/", spec->readonly, userns_fd, ret_fd, ret_error);
	case _SPEC_ROOT_KIND_MAX:
		break;
	}
	return error_set(ret_error, EINVAL, "there is no root of kind %d", spec->kind);
}

int root_open(Root *root, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = open_mount(root, &fd, ret_error);

	if (r < 0)
		return error_wrap(ret_error, "cannot mount the container's root");
	r = mountfd_attach(fd, AT_FDCWD, "/", ret_error);
	if (r < 0)
		return r;
	root->fd = TAKE_FD(fd);
	/* Binds by path are relative to here. */
	if (fchdir(root->fd) < 0)
		return error_errno(ret_error, errno, "cannot enter the container's root");
	return 0;
}

int root_enter(Root *root, Error **ret_error)
{
	/* This also moves the payload, which shares our mount namespace, into the new root: it
	 * needs no pivot of its own. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return error_errno(ret_error, errno, "cannot make the container's root the root");
	/* The old root lies over the new one now; with it goes every unmasked procfs and sysfs. As
	 * long as one were in this namespace, the kernel would let the container mount fresh ones
	 * (mount_too_revealing). */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_errno(ret_error, errno, "cannot detach the host's root");
	return root->spec->root.readonly ? mountfd_set(root->fd, 0, MOUNT_ATTR_RDONLY, -EBADF,
						   "the container's root", ret_error)
					 : 0;
}
