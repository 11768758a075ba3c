/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growing an image. Whoever is killed meanwhile, the image is whole, of either size: the kernel grows a mounted file system by its journal, and where the
 * host's root may not ask for that (CAP_SYS_RESOURCE), programs work on a copy, which then takes the name.
 */
#include "sandbox/image-grow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "content/file-content.h"
#include "content/image.h"
#include "engine/start/fs-image.h"
#include "sandbox/execute.h"

#define TOOL_IMAGE "/mnt/image" /* where the programs have it */
#define TOOL_LIMIT 600 /* seconds; what they read was written by a container */

#ifndef EXT4_IOC_RESIZE_FS
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t) /* Linux: Documentation/admin-guide/ext4.rst */
#endif

static int refuse_damaged(const char *image, Error **ret_error)
{
	return error_set(ret_error, EIO,
		"cannot grow the file system in %s: it is damaged; repair it in a sandbox: "
		"virt-sandbox -m host-bind:" TOOL_IMAGE "=%s -- e2fsck -f " TOOL_IMAGE,
		image, image);
}

static int grow_mounted(const Desc *desc, const Places *places, Error **ret_error)
{
	const char *image = places->image;
	_cleanup_fd_ int fd = -EBADF;
	struct statfs fs;
	uint64_t blocks;
	int r = image_open_root(places, &fd, ret_error);
	if (r < 0)
		return r;
	if (fstatfs(fd, &fs) < 0)
		return error_errno(ret_error, errno, "cannot inspect the file system in %s", image);
	blocks = desc->image_size / (uint64_t)fs.f_bsize;
	r = ioctl(fd, EXT4_IOC_RESIZE_FS, &blocks) < 0 ? -errno : 0;
	if (r == -EPERM) /* the kernel does not grow what has had errors */
		return refuse_damaged(image, ret_error);
	if (r == 0 && syncfs(fd) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot grow the file system in %s", image) : 0;
}

/* A container shaped the file system, so the program that parses it has nothing but the image: a sandbox of its own, with ids of its own. */
static int run_on_image(const Desc *desc, const char *image, const char *command, int *ret_status,
	Error **ret_error)
{
	_cleanup_desc_ Desc *tool = desc_new();
	DescMount *mount;
	int r;

	if (!tool)
		return error_oom(ret_error);
	r = strv_append(&tool->command, "/bin/sh");
	if (r >= 0)
		r = strv_append(&tool->command, "-c");
	if (r >= 0)
		r = strv_appendf(&tool->command, "exec %s " TOOL_IMAGE " >/dev/null 2>&1", command);
	mount = r < 0 ? NULL : desc_add_mount(tool);
	if (!mount)
		return error_oom(ret_error);
	tool->kind = DESC_COMMAND;
	tool->security.model = desc->security.model;
	mount->type = DESC_MOUNT_HOST_BIND;
	mount->source = strdup(image);
	mount->target = strdup(TOOL_IMAGE);
	if (!mount->source || !mount->target)
		return error_oom(ret_error);
	r = oneshot_quiet(tool, TOOL_LIMIT, NULL, ret_status, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot run %s on %s", command, image) : 0;
}

static int make_copy(int image_fd, const char *copy, uint64_t size, Error **ret_error)
{
	_cleanup_free_ ContentSeen *seen = malloc(sizeof(*seen));
	_cleanup_fd_ int fd = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;
	int r;

	if (!seen)
		return error_oom(ret_error);
	if (fd < 0 || fstat(image_fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot make %s", copy);
	r = content_copy(image_fd, fd, st.st_size, st.st_blocks, false, seen);
	if (r == 0 && ftruncate(fd, (off_t)size) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot copy the image to %s", copy) : 0;
}

static int grow_by_programs(
	const Desc *desc, const char *image, const char *copy, Error **ret_error)
{
	int status, r;

	/* resize2fs insists on a file system that was checked just before. 1: errors were corrected. */
	r = run_on_image(desc, copy, "e2fsck -f -p", &status, ret_error);
	if (r == 0 && status > 1)
		return refuse_damaged(image, ret_error);
	if (r == 0)
		r = run_on_image(desc, copy, "resize2fs", &status, ret_error);
	if (r == 0 && status != 0)
		return error_set(ret_error, EIO,
			"cannot grow the file system in %s: resize2fs ended with %d", image,
			status);
	return r;
}

static int put_in_place(const char *copy, const char *image, Error **ret_error)
{
	_cleanup_fd_ int fd = open(copy, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0 || rename(copy, image) < 0)
		return error_errno(
			ret_error, errno, "cannot replace %s with the grown image", image);
	return 0;
}

static int grow_copy(const Desc *desc, const Places *places, int image_fd, Error **ret_error)
{
	const char *image = places->image, *copy = places->image_copy;
	int r;

	if (unlink(copy) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", copy);
	r = make_copy(image_fd, copy, desc->image_size, ret_error);
	if (r == 0)
		r = grow_by_programs(desc, image, copy, ret_error);
	if (r == 0)
		r = put_in_place(copy, image, ret_error);
	if (r < 0)
		(void)unlink(copy); /* the next one, or delete, does it if we cannot */
	return r;
}

int image_grow(const Desc *desc, const Places *places, Error **ret_error)
{
	const char *image = places->image;
	_cleanup_fd_ int lock = -EBADF;
	struct stat st;
	int r = image_lock(image, &lock, ret_error);
	if (r < 0)
		return r;
	if (fstat(lock, &st) < 0)
		return error_errno(ret_error, errno, "cannot inspect the image %s", image);
	if ((uint64_t)st.st_size > desc->image_size)
		return error_set(ret_error, EINVAL, "the image %s has %lld bytes and can only grow",
			image, (long long)st.st_size);
	if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) != 1)
		return grow_copy(desc, places, lock, ret_error);
	r = image_resize(places, desc->image_size, ret_error);
	lock = fd_close(lock); /* mounting takes its own; our lock keeps all other verbs out */
	return r < 0 ? r : grow_mounted(desc, places, ret_error);
}
