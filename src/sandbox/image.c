/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content in an image. A program of the host makes it empty, one in a sandbox grows it; a container can never write to the image itself, only to files in it.
 */
#include "sandbox/image.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "engine/start/fs-image.h"
#include "sandbox/execute.h"

#define TOOL_IMAGE "/mnt/image" /* where the programs that grow a file system have it */

char *image_path(const Desc *desc)
{
	return layout_pathf(LAYOUT_IMAGES, "%s.raw", desc->name);
}

int image_check_free(const Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc);

	if (!image)
		return error_oom(ret_error);
	if (desc->image_size != 0 && file_exists(image))
		return error_set(ret_error, EEXIST,
			"%s exists already and does not belong to a container; move it away or "
			"choose another name",
			image);
	return 0;
}

/* A sparse file of that many bytes; existing content stays. */
static int set_size(const char *image, uint64_t size, int flags, Error **ret_error)
{
	_cleanup_fd_ int fd = open(image, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return error_errno(ret_error, errno, "make the image %s", image);
	return 0;
}

/* Its path is our own, and there is nothing in it: the only file system that a program of the host works on. */
static int make_file_system(char *image, Error **ret_error)
{
	/* No reserved blocks: the size that was asked for is the size that the container has. */
	char *const argv[] = { (char *)"mkfs.ext4", (char *)"-q", (char *)"-F", (char *)"-m0",
		image, NULL };

	return spawn_run(argv, NULL, NULL, NULL, ret_error);
}

/* Readable, as syncfs(2) tells only of what failed since the descriptor was opened. It holds the file system without the mount. */
static int open_root(const char *image, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int mount_fd = -EBADF, fd = -EBADF;
	int r = image_open(image, false, -EBADF, &mount_fd, ret_error);

	if (r < 0)
		return r;
	fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "open the file system in %s", image);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int image_make(const Desc *desc, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc), *directory = layout_path(LAYOUT_IMAGES);
	int r;

	*ret_fd = -EBADF;
	if (!image || !directory)
		return error_oom(ret_error);
	if (desc->image_size == 0)
		return 0;
	r = file_mkdir_p(directory, 0700, ret_error);
	if (r < 0)
		return r;
	r = set_size(image, desc->image_size, O_CREAT | O_EXCL, ret_error);
	if (r < 0)
		return r;
	r = make_file_system(image, ret_error);
	return r < 0 ? r : open_root(image, ret_fd, ret_error);
}

int image_finish(const Desc *desc, int fd, Error **ret_error)
{
	if (desc->image_size != 0 && syncfs(fd) < 0)
		return error_errno(ret_error, errno, "write the image of %s", desc->name);
	return 0;
}

int image_mount(const Desc *desc, const char *tree, bool readonly, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc);
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!image)
		return error_oom(ret_error);
	if (desc->image_size == 0)
		return 0;
	r = image_open(image, readonly, -EBADF, &fd, ret_error);
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(
			ret_error, errno, "make a mount namespace for the image %s", image);
	if (move_mount(fd, "", AT_FDCWD, tree, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(ret_error, errno, "mount the image %s on %s", image, tree);
	return 0;
}

/* A container shaped the file system, so the program that parses it has nothing but the image: a sandbox of its own, with ids of its own. */
static int run_on_image(const Desc *desc, const char *image, const char *program,
	const char *options, int *ret_status, Error **ret_error)
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
		r = strv_appendf(&tool->command, "exec %s %s " TOOL_IMAGE " >/dev/null 2>&1",
			program, options);
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
	r = oneshot_quiet(tool, ret_status, ret_error);
	return r < 0 ? error_wrap(ret_error, "run %s on %s", program, image) : 0;
}

int image_grow(const Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc);
	_cleanup_fd_ int lock = -EBADF;
	struct stat st;
	int status, r;

	if (!image)
		return error_oom(ret_error);
	r = image_lock(image, &lock, ret_error);
	if (r < 0)
		return r;
	if (fstat(lock, &st) < 0)
		return error_errno(ret_error, errno, "look at the image %s", image);
	if ((uint64_t)st.st_size > desc->image_size)
		return error_set(ret_error, EINVAL, "the image %s has %lld bytes and can only grow",
			image, (long long)st.st_size);
	/* resize2fs insists on a file system that was checked just before. 1: errors were corrected. */
	r = run_on_image(desc, image, "e2fsck", "-f -p", &status, ret_error);
	if (r < 0)
		return r;
	if (status > 1)
		return error_set(ret_error, EIO,
			"the file system in %s is damaged (e2fsck ended with %d); repair it in a "
			"sandbox: virt-sandbox -m host-bind:" TOOL_IMAGE
			"=%s -- e2fsck -f " TOOL_IMAGE,
			image, status, image);
	r = set_size(image, desc->image_size, 0, ret_error);
	if (r == 0)
		r = run_on_image(desc, image, "resize2fs", "", &status, ret_error);
	if (r == 0 && status != 0)
		return error_set(ret_error, EIO,
			"cannot grow the file system in %s: resize2fs ended with %d", image,
			status);
	return r;
}

int image_erase(const Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc);

	if (!image)
		return error_oom(ret_error);
	if (desc->image_size != 0 && unlink(image) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "remove %s", image);
	return 0;
}
