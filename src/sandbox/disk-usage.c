/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * du: what a container takes of the disk.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "sandbox/handle.h"

#define DEPTH_MAX 400 /* levels, with a descriptor each */
#define EXTENTS 64 /* asked for at once */
#define ROUNDS_MAX                                                                                 \
	4096 /* a file of more extents than that counts as the container's own from there */

typedef struct Usage {
	uint64_t mine, shared;
	bool whole; /* only the sum counts: files are not looked into */
	bool incomplete;
} Usage;

/* Only file systems that share extents tell of them; elsewhere nothing is shared. */
static uint64_t shared_bytes(int fd)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	} u;
	uint64_t start = 0, sum = 0;

	for (unsigned int round = 0; round < ROUNDS_MAX; round++) {
		memset(&u, 0, sizeof(u));
		u.map.fm_start = start;
		u.map.fm_length = FIEMAP_MAX_OFFSET - start;
		u.map.fm_extent_count = EXTENTS;
		if (ioctl(fd, FS_IOC_FIEMAP, &u.map) < 0 || u.map.fm_mapped_extents == 0)
			return sum;
		for (unsigned int i = 0; i < MIN(u.map.fm_mapped_extents, EXTENTS); i++) {
			const struct fiemap_extent *e = &u.map.fm_extents[i];

			if (e->fe_flags & FIEMAP_EXTENT_SHARED)
				sum += e->fe_length;
			if (e->fe_flags & FIEMAP_EXTENT_LAST)
				return sum;
			start = e->fe_logical + e->fe_length;
		}
	}
	return sum;
}

/* A file of several names is counted in parts, so that all of them make one. */
static void count_file(int fd, const struct stat *st, Usage *usage)
{
	/* Those of a directory are its own "." and "..". */
	const nlink_t names = S_ISDIR(st->st_mode) ? 1 : MAX(st->st_nlink, 1);
	uint64_t size = (uint64_t)st->st_blocks * 512 / names, shared = 0;

	if (S_ISREG(st->st_mode) && size > 0 && !usage->whole) {
		_cleanup_fd_ int in = trusted_path_reopen(fd, O_RDONLY);

		shared = in < 0 ? 0 : MIN(shared_bytes(in) / names, size);
	}
	usage->mine += size - shared;
	usage->shared += shared;
}

static int count(int parent_fd, const char *name, dev_t device, unsigned int depth, Usage *usage)
{
	_cleanup_fd_ int fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC),
			 readable = -EBADF;
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (depth > 0 && st.st_dev != device) /* of another file system, which is somebody's else */
		return 0;
	count_file(fd, &st, usage);
	if (!S_ISDIR(st.st_mode))
		return 0;
	readable = depth < DEPTH_MAX ? trusted_path_reopen(fd, O_RDONLY | O_DIRECTORY) : -EMFILE;
	fd = fd_close(fd);
	dir = readable < 0 ? NULL : fdopendir(readable);
	if (!dir) {
		usage->incomplete = true;
		return 0;
	}
	(void)TAKE_FD(readable);
	while ((entry = readdir(dir))) {
		int r = path_is_dot(entry->d_name)
				? 0
				: count(dirfd(dir), entry->d_name, st.st_dev, depth + 1, usage);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add(char ***rows, const char *name, bool known, uint64_t bytes)
{
	if (strv_append(rows, name) < 0)
		return -ENOMEM;
	return known ? strv_appendf(rows, "%" PRIu64, bytes) : strv_append(rows, "");
}

static int count_path(const char *path, Usage *usage, Error **ret_error)
{
	int r = count(AT_FDCWD, path, 0, 0, usage);

	return r < 0 ? error_errno(ret_error, -r, "cannot count what is in %s", path) : 0;
}

PUBLIC int vsb_disk_usage(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_container_ Container c = {};
	_cleanup_strv_ char **rows = NULL;
	Usage own = { 0 }, base = { .whole = true }, snapshots = { 0 };
	struct stat image = { 0 };
	int r = sandbox_begin_look(name, &c, NULL, error);

	/* An image that is mounted over its directory just now is the file, too. */
	if (r == 0 && c.places.image && stat(c.places.image, &image) < 0)
		r = error_errno(error, errno, "cannot inspect %s", c.places.image);
	else if (r == 0)
		r = count_path(c.places.image ? c.places.image : c.places.tree, &own, error);
	if (r == 0 && c.places.base)
		r = count_path(c.places.base, &base, error);
	if (r == 0 && file_exists(c.places.snapshots))
		r = count_path(c.places.snapshots, &snapshots, error);
	if (r < 0)
		return r;
	if (add(&rows, "private", !own.incomplete, own.mine) < 0 ||
		add(&rows, "shared", !own.incomplete && !base.incomplete,
			own.shared + base.mine + base.shared) < 0 ||
		add(&rows, "image", c.places.image, (uint64_t)image.st_size) < 0 ||
		add(&rows, "snapshots", !snapshots.incomplete, snapshots.mine) < 0)
		return error_oom(error);
	*ret = TAKE_PTR(rows);
	return 0;
}
