/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File system images: recognised by their magic number, never by trying drivers, and only file
 * systems that can be id-mapped.
 */
#include "engine/image.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "engine/mountfd.h"

#define LOOP_TRIES 64 /* a free number may be taken by somebody else before we use it */

static const struct {
	const char *fstype;
	off_t offset;
	size_t size;
	unsigned char magic[8];
} formats[] = {
	{ "ext4", 0x438, 2, { 0x53, 0xef } },
	{ "xfs", 0, 4, { 'X', 'F', 'S', 'B' } },
	{ "btrfs", 0x10040, 8, { '_', 'B', 'H', 'R', 'f', 'S', '_', 'M' } },
};

char *image_path(const Desc *desc)
{
	return layout_pathf(LAYOUT_IMAGES, "%s.raw", desc->name);
}

static int recognise(int image_fd, const char *path, const char **ret, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		unsigned char found[8];
		ssize_t n = pread(image_fd, found, formats[i].size, formats[i].offset);
		if (n < 0)
			return error_errno(ret_error, errno, "read the image %s", path);
		if ((size_t)n == formats[i].size &&
			memcmp(found, formats[i].magic, (size_t)n) == 0) {
			*ret = formats[i].fstype;
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

int image_open(const char *path, bool readonly, int userns_fd, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int image_fd = -EBADF, loop_fd = -EBADF, fd = -EBADF;
	char device[32], options[64];
	const char *fstype = NULL;
	int r;

	image_fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (image_fd < 0)
		return error_errno(ret_error, errno, "open the image %s", path);
	r = recognise(image_fd, path, &fstype, ret_error);
	if (r < 0)
		return r;
	r = attach_loop(image_fd, path, readonly, device, &loop_fd, ret_error);
	if (r < 0)
		return r;
	(void)snprintf(options, sizeof(options), "source=%s%s", device, readonly ? ",ro" : "");
	r = mountfd_new(fstype, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &fd, ret_error);
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
