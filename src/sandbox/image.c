/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content in an image. The file system tools of the host make and grow it; a container can never write to the image itself, only to files in it.
 */
#include "sandbox/image.h"

#include <dirent.h>
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
#include "engine/image.h"

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

/* Everything in the directory; itself stays as the place to mount on. */
static int empty_directory(const char *path, Error **ret_error)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int r = 0;

	if (!dir)
		return error_errno(ret_error, errno, "list %s", path);
	while (r == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = file_remove_tree(dirfd(dir), entry->d_name, ret_error);
	(void)closedir(dir); /* read only */
	return r;
}

/* A sparse file of that many bytes; existing content stays. */
static int set_size(const char *image, uint64_t size, int flags, Error **ret_error)
{
	_cleanup_fd_ int fd = open(image, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return error_errno(ret_error, errno, "make the image %s", image);
	return 0;
}

int image_pack(const Desc *desc, const char *tree, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc), *directory = layout_path(LAYOUT_IMAGES);
	int r;

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
	{
		/* No reserved blocks: the size that was asked for is the size that the container has. */
		char *const argv[] = { (char *)"mkfs.ext4", (char *)"-q", (char *)"-F",
			(char *)"-m0", (char *)"-d", (char *)tree, image, NULL };

		r = spawn_run(argv, NULL, NULL, NULL, ret_error);
	}
	if (r < 0)
		return error_wrap(ret_error, "put the content into an image of %llu bytes",
			(unsigned long long)desc->image_size);
	return empty_directory(tree, ret_error);
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

int image_grow(const Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *image = image_path(desc);
	/* resize2fs insists on a file system that was checked just before. 1: errors were corrected. */
	char *const check[] = { (char *)"e2fsck", (char *)"-f", (char *)"-p", image, NULL };
	char *const resize[] = { (char *)"resize2fs", image, NULL };
	_cleanup_fd_ int lock = -EBADF;
	struct stat st;
	int status, r;

	if (!image)
		return error_oom(ret_error);
	r = image_lock(image, false, &lock, ret_error);
	if (r < 0)
		return r;
	if (fstat(lock, &st) < 0)
		return error_errno(ret_error, errno, "look at the image %s", image);
	if ((uint64_t)st.st_size > desc->image_size)
		return error_set(ret_error, EINVAL, "the image %s has %lld bytes and can only grow",
			image, (long long)st.st_size);
	r = spawn_run(check, NULL, NULL, &status, ret_error);
	if (r < 0)
		return r;
	if (status > 1)
		return error_set(ret_error, EIO,
			"the file system in %s is damaged; run e2fsck on it", image);
	r = set_size(image, desc->image_size, 0, ret_error);
	return r < 0 ? r : spawn_run(resize, NULL, NULL, NULL, ret_error);
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
