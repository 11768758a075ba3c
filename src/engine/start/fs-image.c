/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File system images: recognised by their magic number, never by trying drivers, and only file
 * systems that can be id-mapped.
 */
#include "engine/start/fs-image.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/trusted-path.h"
#include "engine/start/loop-device.h"
#include "engine/start/mountfd.h"

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

/* What a disk of a machine has in its first block, behind the boot program. */
static bool has_partitions(int image_fd)
{
	unsigned char found[2];

	return pread(image_fd, found, sizeof(found), 510) == (ssize_t)sizeof(found) &&
	       found[0] == 0x55 && found[1] == 0xaa;
}

static int recognise(int image_fd, const char *path, size_t *ret, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		unsigned char found[8];
		ssize_t n = pread(image_fd, found, formats[i].size, formats[i].offset);
		if (n < 0)
			return error_errno(ret_error, errno, "cannot read the image %s", path);
		if ((size_t)n == formats[i].size &&
			memcmp(found, formats[i].magic, (size_t)n) == 0) {
			*ret = i;
			return 0;
		}
	}
	if (has_partitions(image_fd))
		return error_set(ret_error, EMEDIUMTYPE,
			"the image %s is a disk with partitions; attach it with losetup -P and name one of them, /dev/loop0p1",
			path);
	return error_set(ret_error, EMEDIUMTYPE,
		"the image %s has no file system that can be mounted (ext4, xfs or btrfs)", path);
}

int image_find(const char *path, int *ret_fd, char **ret_real, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = trusted_path_open(path, TRUSTED_NO_CONTAINER, &fd, &real, ret_error);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot examine the image %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(ret_error, EINVAL,
			"cannot use %s: it is neither a file nor a block device; name an image",
			path);
	if (S_ISREG(st.st_mode) && st.st_size == 0) /* as files of the kernel's are, too */
		return error_set(ret_error, EINVAL,
			"cannot use %s: it is empty; make a file system in it, or name an image",
			path);
	if (ret_real)
		*ret_real = TAKE_PTR(real);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int refuse_busy(const char *path, const char *remedy, Error **ret_error)
{
	return error_set(
		ret_error, EBUSY, "cannot mount the image %s: it is in use; %s", path, remedy);
}

/* Readers cannot keep a block device to themselves, but what the host writes to it meanwhile would be read by half. -EBUSY: it has it. */
static int check_not_written(int found)
{
	_cleanup_fd_ int alone = trusted_path_reopen(found, O_RDONLY | O_EXCL), fd = -EBADF;
	int unwritable = 0;

	if (alone != -EBUSY)
		return alone < 0 ? alone : 0;
	fd = trusted_path_reopen(found, O_RDONLY);
	if (fd < 0 || ioctl(fd, BLKROGET, &unwritable) < 0)
		return fd < 0 ? fd : -errno;
	return unwritable ? 0 : -EBUSY;
}

static int open_image(int found, bool readonly)
{
	struct stat st;
	int r;

	if (fstat(found, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return trusted_path_reopen(found, readonly ? O_RDONLY : O_RDWR);
	if (!readonly)
		return trusted_path_reopen(found, O_RDWR | O_EXCL);
	r = check_not_written(found);
	return r < 0 ? r : trusted_path_reopen(found, O_RDONLY);
}

/* Programs that work on disks of virtual machines lock bytes of the file, not the whole. */
static int has_record_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	return lock.l_type != F_UNLCK;
}

static int lock_image(const char *path, bool readonly, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int found = -EBADF, fd = -EBADF;
	int r = image_find(path, &found, NULL, ret_error);

	if (r < 0)
		return r;
	fd = open_image(found, readonly);
	if (fd == -EBUSY)
		return refuse_busy(path, "unmount it, or end what else has it", ret_error);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open the image %s", path);
	r = flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0 ? -errno : 0;
	if (r == 0 && !readonly)
		r = has_record_lock(fd);
	if (r == -EWOULDBLOCK || r > 0)
		return refuse_busy(
			path, "stop the container or end the command that has it", ret_error);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot lock the image %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int image_lock(const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = lock_image(path, false, &fd, ret_error);

	if (r == 0)
		r = loop_device_check(fd, path, false, NULL, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int put_options(const Label *label, size_t format, const char *device, bool readonly,
	char **ret, Error **ret_error)
{
	_cleanup_free_ char *option = NULL;
	int r = label ? label_image_option(label, formats[format].fstype, &option, ret_error) : 0;

	if (r < 0)
		return r;
	if (asprintf(ret, "source=%s%s%s%s", device, readonly ? formats[format].readonly : "",
		    option && *option ? "," : "", option ? option : "") < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

static int open_mount(const Label *label, const char *path, unsigned int attributes, int *ret_fd,
	Error **ret_error)
{
	_cleanup_fd_ int image_fd = -EBADF, loop_fd = -EBADF;
	bool readonly = attributes & MOUNT_ATTR_RDONLY;
	_cleanup_free_ char *options = NULL;
	char device[32];
	size_t format = 0;
	int r = lock_image(path, readonly, &image_fd, ret_error);

	if (r == 0)
		r = recognise(image_fd, path, &format, ret_error);
	if (r == 0)
		r = loop_device_attach(image_fd, path, readonly, device, &loop_fd, ret_error);
	/* Only now: whoever looks for loop devices as we do finds ours, and one of both gives way. */
	if (r == 0)
		r = loop_device_check(image_fd, path, readonly, device, ret_error);
	if (r == 0)
		r = put_options(label, format, device, readonly, &options, ret_error);
	if (r < 0)
		return r;
	r = mountfd_new(formats[format].fstype, options,
		attributes & ~(unsigned int)MOUNT_ATTR_RDONLY, ret_fd, ret_error);
	return r < 0 ? error_wrap(ret_error, "the image %s", path) : 0;
}

int image_open_foreign(const Label *label, const char *path, bool root, unsigned int attributes,
	int userns_fd, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	bool distrusted = label && label_distrusts_images(label);
	int r;

	if (distrusted && root)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot use the image %s as a root under %s: an attribute of a file in it could change the label; copy its content to a directory",
			path, label_model(label));
	r = open_mount(label, path,
		attributes | MOUNT_ATTR_NODEV | (distrusted ? MOUNT_ATTR_NOEXEC : 0u), &fd,
		ret_error);
	if (r == 0 && userns_fd >= 0)
		r = mountfd_set(fd, 0, 0, userns_fd, path, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int image_open(const char *path, bool readonly, int userns_fd, int *ret_fd, Error **ret_error)
{
	return image_open_foreign(NULL, path, false,
		MOUNT_ATTR_NOSUID | (readonly ? MOUNT_ATTR_RDONLY : 0u), userns_fd, ret_fd,
		ret_error);
}
