/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loop devices of the host.
 */
#include "engine/start/loop-device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define LOOP_TRIES 64 /* a free number may be taken by somebody else before we use it */

/* -EBUSY: somebody else was faster. */
static int take(int control_fd, const struct loop_config *config, char device[32], int *ret_fd)
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

int loop_device_attach(int file_fd, const char *path, bool readonly, char device[32], int *ret_fd,
	Error **ret_error)
{
	_cleanup_fd_ int control_fd = -EBADF;
	struct loop_config config = {
		.fd = (__u32)file_fd,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0u),
	};
	int r = -EBUSY;

	control_fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control_fd < 0)
		return error_errno(
			ret_error, errno, "cannot open /dev/loop-control for the image %s", path);
	(void)snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", path);
	for (int i = 0; i < LOOP_TRIES && r == -EBUSY; i++)
		r = take(control_fd, &config, device, ret_fd);
	return r < 0 ? error_errno(
			       ret_error, -r, "cannot create a loop device for the image %s", path)
		     : 0;
}

/* What an image is, by whatever name. */
typedef struct Backing {
	uint64_t device, inode;
	uint64_t block; /* the number of a block device; 0: a file */
	unsigned int loop; /* the image is itself this loop device, with this backing */
	bool is_loop;
} Backing;

static int read_backing(int file_fd, Backing *ret)
{
	struct loop_info64 info;
	struct stat st;

	if (fstat(file_fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || major(st.st_rdev) != LOOP_MAJOR) {
		*ret = (Backing){ st.st_dev, st.st_ino, st.st_rdev, 0, false };
		return 0;
	}
	if (ioctl(file_fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	*ret = (Backing){ info.lo_device, info.lo_inode, info.lo_rdevice, info.lo_number, true };
	return 0;
}

/* 1: the device has the file, and one of the two writes. 0: no, or it is gone by now. */
static int has_file(const char *device, const Backing *image, bool readonly)
{
	_cleanup_fd_ int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct loop_info64 info;

	if (fd < 0)
		return errno == ENXIO || errno == ENOENT ? 0 : -errno;
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return errno == ENXIO ? 0 : -errno;
	if (image->is_loop && info.lo_number == image->loop)
		return 0;
	if (image->block ? info.lo_rdevice != image->block
			 : info.lo_inode != image->inode || info.lo_device != image->device)
		return 0;
	return !(readonly && (info.lo_flags & LO_FLAGS_READ_ONLY));
}

int loop_device_check(
	int file_fd, const char *path, bool readonly, const char *own, Error **ret_error)
{
	_cleanup_free_ char *table = NULL;
	char device[32] = "", *position = NULL;
	Backing image = { 0 };
	int r = read_backing(file_fd, &image);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot examine the image %s", path);
	/* Those that have a file, in one read. */
	r = file_read("/proc/partitions", &table, NULL, ret_error);
	if (r < 0)
		return r;
	for (char *line = strtok_r(table, "\n", &position); line;
		line = strtok_r(NULL, "\n", &position)) {
		unsigned int major, number;

		/* LOOP_MAJOR has nothing else, but partitions: their device has a line of its own. */
		if (sscanf(line, "%u %*u %*u loop%u", &major, &number) != 2 || major != LOOP_MAJOR)
			continue;
		(void)snprintf(device, sizeof(device), "/dev/loop%u", number);
		r = own && strcmp(device, own) == 0 ? 0 : has_file(device, &image, readonly);
		if (r < 0)
			return error_errno(
				ret_error, -r, "cannot inspect %s for the image %s", device, path);
		if (r > 0)
			return error_set(ret_error, EBUSY,
				"cannot mount the image %s: the host has it at %s; unmount that, or detach it by losetup -d %s",
				path, device, device);
	}
	return 0;
}
