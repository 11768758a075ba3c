/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File system images: recognised by their magic number, never by trying drivers, and only file
 * systems that can be id-mapped.
 */
#include "engine/start/fs-image.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/trusted-path.h"
#include "engine/start/mountfd.h"

#define LOOP_TRIES 64 /* a free number may be taken by somebody else before we use it */

static const struct {
	const char *fstype;
	off_t offset;
	size_t size;
	unsigned char magic[8];
	const char *readonly; /* options: what a journal still has is not written */
} formats[] = {
	{ "ext4", 0x438, 2, { 0x53, 0xef }, ",ro,noload" },
	{ "xfs", 0, 4, { 'X', 'F', 'S', 'B' }, ",ro,norecovery" },
	{ "btrfs", 0x10040, 8, { '_', 'B', 'H', 'R', 'f', 'S', '_', 'M' },
		",ro,rescue=nologreplay" },
};

static int recognise(int image_fd, const char *path, size_t *ret, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		unsigned char found[8];
		ssize_t n = pread(image_fd, found, formats[i].size, formats[i].offset);
		if (n < 0)
			return error_errno(ret_error, errno, "read the image %s", path);
		if ((size_t)n == formats[i].size &&
			memcmp(found, formats[i].magic, (size_t)n) == 0) {
			*ret = i;
			return 0;
		}
	}
	return error_set(ret_error, EMEDIUMTYPE,
		"the image %s has no file system that can be mounted (ext4, xfs or btrfs)", path);
}

/* -EBUSY: somebody else was faster. */
static int take_loop(int control_fd, const struct loop_config *config, char device[32], int *ret_fd)
{
	_cleanup_fd_ int fd = -EBADF;
	int number = ioctl(control_fd, LOOP_CTL_GET_FREE);

	if (number < 0)
		return -errno;
	(void)snprintf(device, 32, "/dev/loop%d", number);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, config) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int attach_loop(int image_fd, const char *path, bool readonly, char device[32], int *ret_fd,
	Error **ret_error)
{
	_cleanup_fd_ int control_fd = -EBADF;
	struct loop_config config = {
		.fd = (__u32)image_fd,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0u),
	};
	int r = -EBUSY;

	control_fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control_fd < 0)
		return error_errno(
			ret_error, errno, "open /dev/loop-control for the image %s", path);
	(void)snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", path);
	for (int i = 0; i < LOOP_TRIES && r == -EBUSY; i++)
		r = take_loop(control_fd, &config, device, ret_fd);
	if (r < 0)
		return error_errno(ret_error, -r, "make a loop device for the image %s", path);
	return 0;
}

int image_find(const char *path, int *ret_fd, char **ret_real, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r;

	r = trusted_path_open(path, TRUSTED_NO_CONTAINER, &fd, &real, ret_error);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "examine the image %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(ret_error, EINVAL,
			"cannot use %s: it is neither a file nor a block device; name an image",
			path);
	if (ret_real)
		*ret_real = TAKE_PTR(real);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int image_lock(const char *path, bool readonly, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int found = -EBADF, fd = -EBADF;
	struct stat st;
	int flags = readonly ? O_RDONLY : O_RDWR, r;

	r = image_find(path, &found, NULL, ret_error);
	if (r < 0)
		return r;
	if (fstat(found, &st) < 0)
		return error_errno(ret_error, errno, "examine the image %s", path);
	if (S_ISBLK(st.st_mode) && !readonly)
		flags |= O_EXCL; /* -EBUSY where the host has mounted the device */
	fd = trusted_path_reopen(found, flags);
	if (fd < 0 && fd != -EBUSY)
		return error_errno(ret_error, -fd, "open the image %s", path);
	if (fd < 0 || flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
		if (fd >= 0 && errno != EWOULDBLOCK)
			return error_errno(ret_error, errno, "lock the image %s", path);
		return error_set(ret_error, EBUSY,
			"cannot mount the image %s: it is in use; stop the container or end the "
			"command that has it",
			path);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int image_open(const char *path, bool readonly, int userns_fd, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int image_fd = -EBADF, loop_fd = -EBADF, fd = -EBADF;
	char device[32], options[64];
	size_t format = 0;
	int r;

	r = image_lock(path, readonly, &image_fd, ret_error);
	if (r < 0)
		return r;
	r = recognise(image_fd, path, &format, ret_error);
	if (r < 0)
		return r;
	r = attach_loop(image_fd, path, readonly, device, &loop_fd, ret_error);
	if (r < 0)
		return r;
	(void)snprintf(options, sizeof(options), "source=%s%s", device,
		readonly ? formats[format].readonly : "");
	r = mountfd_new(formats[format].fstype, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &fd,
		ret_error);
	if (r < 0)
		return error_wrap(ret_error, "the image %s", path);
	if (userns_fd >= 0) {
		r = mountfd_set(fd, 0, 0, userns_fd, path, ret_error);
		if (r < 0)
			return r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}
