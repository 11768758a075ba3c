/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content in an image. A program of the host makes it empty; a container can never write to the image itself, only to files in it.
 */
#include "content/image.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/spawn.h"
#include "engine/start/fs-image.h"

int image_check_free(const Places *places, Error **ret_error)
{
	if (places->image && file_exists(places->image))
		return error_set(ret_error, EEXIST,
			"%s exists already and does not belong to a container; move it away or "
			"choose another name",
			places->image);
	return 0;
}

/* A sparse file of that many bytes; existing content stays. */
static int set_size(const char *image, uint64_t size, int flags, Error **ret_error)
{
	_cleanup_fd_ int fd = open(image, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return error_errno(ret_error, errno, "cannot create the image %s", image);
	return 0;
}

/* Its path is our own, and there is nothing in it: the only file system that a program of the host works on. */
static int make_file_system(const char *image, Error **ret_error)
{
	/* No reserved blocks: the size that was asked for is the size that the container has. */
	char *const argv[] = { (char *)"mkfs.ext4", (char *)"-q", (char *)"-F", (char *)"-m0",
		(char *)image, NULL };

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
		return error_errno(ret_error, errno, "cannot open the file system in %s", image);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int image_make(const Places *places, uint64_t size, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_IMAGES);
	int r;

	*ret_fd = -EBADF;
	if (!directory)
		return error_oom(ret_error);
	if (!places->image)
		return 0;
	r = file_mkdir_p(directory, 0700, ret_error);
	if (r >= 0)
		r = set_size(places->image, size, O_CREAT | O_EXCL, ret_error);
	if (r < 0)
		return r;
	r = make_file_system(places->image, ret_error);
	return r < 0 ? r : open_root(places->image, ret_fd, ret_error);
}

int image_open_root(const Places *places, int *ret_fd, Error **ret_error)
{
	return open_root(places->image, ret_fd, ret_error);
}

int image_resize(const Places *places, uint64_t size, Error **ret_error)
{
	return set_size(places->image, size, 0, ret_error);
}

int image_finish(const Places *places, int fd, Error **ret_error)
{
	if (places->image && syncfs(fd) < 0)
		return error_errno(ret_error, errno, "cannot write the image %s", places->image);
	return 0;
}

int image_mount(const Places *places, bool readonly, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!places->image)
		return 0;
	r = image_open(places->image, readonly, -EBADF, &fd, ret_error);
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_errno(ret_error, errno,
			"cannot create a mount namespace for the image %s", places->image);
	if (move_mount(fd, "", AT_FDCWD, places->tree, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(ret_error, errno, "cannot mount the image %s on %s",
			places->image, places->tree);
	return 0;
}

int image_erase(const Places *places, Error **ret_error)
{
	if (!places->image)
		return 0;
	if (unlink(places->image_copy) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", places->image_copy);
	if (unlink(places->image) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", places->image);
	return 0;
}
