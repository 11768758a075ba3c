/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The content of one file.
 */
#include "content/file-content.h"

#include <endian.h>
#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "content/owner.h"
#include "plan/secret.h"

#define ATTRIBUTES_MAX 4096 /* bytes of a list of attribute names */
#define ATTRIBUTE_MAX 65536 /* XATTR_SIZE_MAX of the kernel */

static ssize_t read_some(int fd, char *buffer, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, buffer + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* What was added beyond size meanwhile, the caller sees. */
static int copy_small(int in, int out, size_t size, const SecretWords *secrets, ContentSeen *seen)
{
	ssize_t n = read_some(in, seen->data, size);

	if (n < 0)
		return (int)n;
	if (secrets && secret_content(secrets, seen->data, (size_t)n, true))
		return CONTENT_SECRET;
	seen->size = (size_t)n;
	seen->whole = true;
	return fd_write_all(out, seen->data, seen->size);
}

static int copy_by_hand(int in, int out, off_t begin, off_t end)
{
	char buffer[CONTENT_SMALL];

	while (begin < end) {
		ssize_t n = pread(in, buffer, MIN(sizeof(buffer), (size_t)(end - begin)), begin);
		ssize_t written;

		if (n < 0)
			return -errno;
		if (n == 0)
			return 0; /* it shrank; the caller sees that */
		written = pwrite(out, buffer, (size_t)n, begin);
		if (written < 0)
			return -errno;
		begin += written;
	}
	return 0;
}

int content_copy_extent(int in, int out, off_t begin, off_t end)
{
	off_t from = begin, to = begin;

	while (from < end) {
		ssize_t n = copy_file_range(in, &from, out, &to, (size_t)(end - from), 0);

		if (n == 0)
			return 0;
		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP ||
				     errno == ENOSYS))
			return copy_by_hand(in, out, from, end);
		if (n < 0)
			return -errno;
	}
	return 0;
}

static int copy_extents(int in, int out, off_t size)
{
	off_t end = 0;
	int r = 0;

	while (r == 0 && end < size) {
		off_t begin = lseek(in, end, SEEK_DATA);

		if (begin < 0 && errno == ENXIO) /* only a hole is left */
			break;
		end = begin < 0 ? size : lseek(in, begin, SEEK_HOLE);
		r = content_copy_extent(
			in, out, begin < 0 ? 0 : begin, end < 0 ? size : MIN(end, size));
	}
	return r == 0 && ftruncate(out, size) < 0 ? -errno : r;
}

int content_clone(int in, int out)
{
	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT ? -errno : 1;
}

int content_copy(int in, int out, off_t size, blkcnt_t blocks, const SecretWords *secrets,
	ContentSeen *ret_seen)
{
	ssize_t n;
	int r;

	ret_seen->whole = false;
	if (size <= CONTENT_SMALL)
		return copy_small(in, out, (size_t)size, secrets, ret_seen);
	n = secrets ? pread(in, ret_seen->data, sizeof(ret_seen->data), 0) : 0;
	if (n < 0)
		return -errno;
	if (secrets && secret_content(secrets, ret_seen->data, (size_t)n, false))
		return CONTENT_SECRET;
	r = content_clone(in, out);
	if (r <= 0)
		return r;
	if (blocks * 512 < size)
		return copy_extents(in, out, size);
	return content_copy_extent(in, out, 0, size);
}

static bool wanted_attribute(const char *name)
{
	return strncmp(name, "user.", 5) == 0 || strncmp(name, "system.posix_acl_", 17) == 0;
}

/* An ACL has the ids as numbers, in the form of linux/posix_acl_xattr.h. */
static void move_acl(char *value, size_t size, uid_t from_base, uid_t to_base)
{
	for (size_t at = sizeof(struct posix_acl_xattr_header);
		at + sizeof(struct posix_acl_xattr_entry) <= size;
		at += sizeof(struct posix_acl_xattr_entry)) {
		struct posix_acl_xattr_entry entry;

		memcpy(&entry, value + at, sizeof(entry));
		if (le16toh(entry.e_tag) != ACL_USER && le16toh(entry.e_tag) != ACL_GROUP)
			continue;
		entry.e_id = htole32(to_base + owner_inside(le32toh(entry.e_id), from_base));
		memcpy(value + at, &entry, sizeof(entry));
	}
}

int content_copy_attributes(int in, int out, uid_t from_base, uid_t to_base, bool *ret_capability)
{
	char names[ATTRIBUTES_MAX];
	ssize_t n = flistxattr(in, names, sizeof(names));

	*ret_capability = false;
	if (n < 0)
		return errno == EOPNOTSUPP || errno == ERANGE ? 0 : -errno;
	for (const char *name = names; name < names + n; name += strlen(name) + 1) {
		_cleanup_free_ char *value = NULL;
		ssize_t size;

		*ret_capability = *ret_capability || strcmp(name, XATTR_NAME_CAPS) == 0;
		if (!wanted_attribute(name))
			continue;
		value = malloc(ATTRIBUTE_MAX);
		if (!value)
			return -ENOMEM;
		size = fgetxattr(in, name, value, ATTRIBUTE_MAX);
		if (size < 0)
			continue; /* removed meanwhile */
		if (from_base != to_base && *name == 's')
			move_acl(value, (size_t)size, from_base, to_base);
		if (fsetxattr(out, name, value, (size_t)size, 0) < 0 && errno != EOPNOTSUPP)
			return -errno;
	}
	return 0;
}

/* Who may set them on the host is root there. Inside they are bounded by what the container has at all. */
int content_copy_capability(int in, int out)
{
	char value[XATTR_CAPS_SZ_2];
	ssize_t n = fgetxattr(in, XATTR_NAME_CAPS, value, sizeof(value));

	if (n != (ssize_t)sizeof(value)) /* longer: of a user namespace; gone: removed meanwhile */
		return 0;
	return fsetxattr(out, XATTR_NAME_CAPS, value, sizeof(value), 0) < 0 && errno != EOPNOTSUPP
		       ? -errno
		       : 0;
}
