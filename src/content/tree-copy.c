/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copying between trees that are not trusted.
 */
#include "content/tree-copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "content/file-content.h"
#include "content/owner.h"

#define DEPTH_MAX 300 /* levels: three descriptors each, of the 1024 that every process may have */
#define CHUNK (16 << 20) /* bytes between two looks at whether it shall end */

/* Of one walk: where it is, for its sentences. */
typedef struct Place {
	const struct Place *above;
	const char *name;
	unsigned int depth;
} Place;

static char *place_path(const Place *place)
{
	_cleanup_free_ char *above = place->above ? place_path(place->above) : strdup("");

	return above ? (*above ? path_join(above, place->name) : strdup(place->name)) : NULL;
}

static int fail(const Place *place, int errnum, Error **ret_error)
{
	_cleanup_free_ char *path = place_path(place);

	return error_errno(ret_error, errnum, "cannot copy %s", path ? path : place->name);
}

static int interrupted(Error **ret_error)
{
	return error_set(ret_error, EINTR, "interrupted");
}

/* 1: it is left out. */
static int refuse(const TreeCopy *c, const Place *place, const char *what, Error **ret_error)
{
	_cleanup_free_ char *path = place_path(place);

	if (!path)
		return error_oom(ret_error);
	if (!c->skip_special)
		return error_set(ret_error, EPERM,
			"cannot copy %s: it is %s; --skip-special leaves such files out", path,
			what);
	if (c->skipped)
		c->skipped(what, path, c->data);
	return 1;
}

/* Programs that give their caller more rights do not change sides: outside they would give those of the host. */
static const char *special(int fd, const struct stat *st)
{
	if (S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode))
		return NULL;
	if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode))
		return "a device";
	if (S_ISFIFO(st->st_mode))
		return "a pipe";
	if (S_ISSOCK(st->st_mode))
		return "a socket";
	if (st->st_mode & S_ISUID)
		return "a setuid program";
	if ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return "a setgid program";
	if (getxattr(fd_magic(fd).path, XATTR_NAME_CAPS, NULL, 0) > 0)
		return "a program with file capabilities";
	return NULL;
}

static bool is_of_kernel(int fd)
{
	static const long types[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,
		SECURITYFS_MAGIC, SELINUX_MAGIC, SMACK_MAGIC, BPF_FS_MAGIC, PSTOREFS_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((long)fs.f_type == types[i])
			return true;
	return false;
}

/* O_PATH, of a type that was looked at: 0; 1: it is left out. */
static int look(const TreeCopy *c, int from_fd, const Place *place, int *ret_fd, struct stat *ret,
	Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	const char *what;

	fd = place->depth == 0 ? fcntl(from_fd, F_DUPFD_CLOEXEC, 3)
			       : openat(from_fd, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, ret) < 0)
		return place->depth > 0 && errno == ENOENT ? 1 : fail(place, errno, ret_error);
	what = special(fd, ret);
	if (!what && !S_ISLNK(ret->st_mode) && is_of_kernel(fd))
		what = "of a file system of the kernel";
	if (what)
		return refuse(c, place, what, ret_error);
	if (place->depth > DEPTH_MAX)
		return error_set(ret_error, EOVERFLOW,
			"cannot copy what has more than %u levels of directories", DEPTH_MAX);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

typedef int (*EachCall)(TreeCopy *c, int fd, const Place *child, int to_fd, Error **ret_error);

static int each(
	TreeCopy *c, int path_fd, const Place *place, int to_fd, EachCall call, Error **ret_error)
{
	_cleanup_fd_ int fd = trusted_path_reopen(path_fd, O_RDONLY | O_DIRECTORY);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return fail(place, fd < 0 ? -fd : errno, ret_error);
	(void)TAKE_FD(fd); /* closedir() closes it */
	while (r == 0 && (errno = 0, entry = readdir(dir))) {
		Place child = { .above = place, .name = entry->d_name, .depth = place->depth + 1 };

		if (!path_is_dot(entry->d_name))
			r = call(c, dirfd(dir), &child, to_fd, ret_error);
	}
	return r == 0 && errno != 0 ? fail(place, errno, ret_error) : r;
}

static int measure(TreeCopy *c, int from_fd, const Place *place, int to_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = look(c, from_fd, place, &fd, &st, ret_error);

	if (r != 0)
		return r < 0 ? r : 0;
	if (c->step && !c->step(0, c->data))
		return interrupted(ret_error);
	c->bytes += (uint64_t)st.st_blocks * 512;
	return S_ISDIR(st.st_mode) ? each(c, fd, place, to_fd, measure, ret_error) : 0;
}

int tree_copy_measure(TreeCopy *copy, int from_fd, uint64_t *ret_bytes, Error **ret_error)
{
	const Place place = { .name = "" };
	void (*skipped)(const char *, const char *, void *) = copy->skipped;
	int r;

	copy->bytes = 0;
	copy->skipped = NULL; /* it is told once */
	r = measure(copy, from_fd, &place, -EBADF, ret_error);
	copy->skipped = skipped;
	if (r == 0)
		*ret_bytes = copy->bytes;
	return r;
}

/* What no container has is root's. */
static uint32_t map_id(const TreeCopy *c, uint32_t id)
{
	return c->to_base + owner_inside(id, c->from_base);
}

static int give(const TreeCopy *c, int fd, const struct stat *st)
{
	const mode_t mode = st->st_mode & (S_ISDIR(st->st_mode) ? 07777 : 01777);
	int r = fchown(fd, map_id(c, st->st_uid), map_id(c, st->st_gid)) < 0 ? -errno : 0;

	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && futimens(fd, (const struct timespec[2]){ st->st_atim, st->st_mtim }) < 0)
		r = -errno;
	if (r == 0 && c->label) {
		r = label_set_fd(c->label, fd, NULL);
		if (r == -EOPNOTSUPP) /* there the mount decides */
			r = 0;
	}
	return r;
}

static int copy_content(TreeCopy *c, int in, int out, const struct stat *st)
{
	off_t begin = 0, end = 0;
	int r = content_clone(in, out);

	while (r > 0 && end < st->st_size) {
		if (c->step && !c->step(c->bytes, c->data))
			return -EINTR;
		begin = lseek(in, end, SEEK_DATA);
		if (begin < 0 && errno == ENXIO) /* only a hole is left */
			break;
		begin = MAX(begin, end);
		end = lseek(in, begin, SEEK_HOLE);
		end = end < 0 ? st->st_size : MIN(end, st->st_size);
		end = MIN(end, begin + CHUNK);
		r = content_copy_extent(in, out, begin, end);
		r = r < 0 ? r : 1;
		c->bytes += (uint64_t)MAX(end - begin, 0);
		if (end <= begin) /* it shrank */
			break;
	}
	return r > 0 && ftruncate(out, st->st_size) < 0 ? -errno : MIN(r, 0);
}

static int make_file(TreeCopy *c, int path_fd, const struct stat *st, int to_fd, const char *target,
	const Place *place, Error **ret_error)
{
	_cleanup_fd_ int in = trusted_path_reopen(path_fd, O_RDONLY | O_NOCTTY), out = -EBADF;
	bool capability = false;
	int r;

	if (in < 0)
		return fail(place, -in, ret_error);
	out = openat(to_fd, target, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return fail(place, errno, ret_error);
	r = copy_content(c, in, out, st);
	if (r == -EINTR)
		return interrupted(ret_error);
	if (r == 0)
		r = content_copy_attributes(in, out, c->from_base, c->to_base, &capability);
	if (r == 0)
		r = give(c, out, st);
	return r < 0 ? fail(place, -r, ret_error) : 0;
}

static int make_link(TreeCopy *c, int path_fd, const struct stat *st, int to_fd, const char *target,
	const Place *place, Error **ret_error)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	_cleanup_fd_ int fd = -EBADF;
	char text[4096];
	ssize_t n = readlinkat(path_fd, "", text, sizeof(text) - 1);

	if (n < 0)
		return fail(place, errno, ret_error);
	text[n] = '\0';
	if (symlinkat(text, to_fd, target) < 0 ||
		fchownat(to_fd, target, map_id(c, st->st_uid), map_id(c, st->st_gid),
			AT_SYMLINK_NOFOLLOW) < 0)
		return fail(place, errno, ret_error);
	(void)utimensat(to_fd, target, times, AT_SYMLINK_NOFOLLOW); /* nobody reads them */
	if (!c->label)
		return 0;
	fd = openat(to_fd, target, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(place, errno, ret_error);
	(void)label_set_fd(
		c->label, fd, NULL); /* it was made with it where the kernel keeps one of links */
	return 0;
}

static int make(TreeCopy *c, int from_fd, const Place *place, int to_fd, const char *target,
	Error **ret_error);

static int make_child(TreeCopy *c, int from_fd, const Place *child, int to_fd, Error **ret_error)
{
	return make(c, from_fd, child, to_fd, child->name, ret_error);
}

static int make_directory(TreeCopy *c, int path_fd, const struct stat *st, int to_fd,
	const char *target, const Place *place, Error **ret_error)
{
	_cleanup_fd_ int in = -EBADF, out = -EBADF;
	bool capability;
	int r;

	if (mkdirat(to_fd, target, 0700) < 0)
		return fail(place, errno, ret_error);
	out = openat(to_fd, target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return fail(place, errno, ret_error);
	r = each(c, path_fd, place, out, make_child, ret_error);
	if (r < 0)
		return r;
	in = trusted_path_reopen(path_fd, O_RDONLY | O_DIRECTORY);
	r = in < 0 ? in : content_copy_attributes(in, out, c->from_base, c->to_base, &capability);
	if (r == 0)
		r = give(c, out, st);
	return r < 0 ? fail(place, -r, ret_error) : 0;
}

/* Makes target, which is not there. */
static int make(TreeCopy *c, int from_fd, const Place *place, int to_fd, const char *target,
	Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = look(c, from_fd, place, &fd, &st, ret_error);

	if (r != 0)
		return r < 0 ? r : 0;
	if (c->step && !c->step(c->bytes, c->data))
		return interrupted(ret_error);
	if (S_ISLNK(st.st_mode))
		return make_link(c, fd, &st, to_fd, target, place, ret_error);
	return S_ISREG(st.st_mode) ? make_file(c, fd, &st, to_fd, target, place, ret_error)
				   : make_directory(c, fd, &st, to_fd, target, place, ret_error);
}

static int place_one(TreeCopy *c, int from_fd, const Place *place, int to_fd, const char *target,
	Error **ret_error);

static int place_child(TreeCopy *c, int from_fd, const Place *child, int to_fd, Error **ret_error)
{
	return place_one(c, from_fd, child, to_fd, child->name, ret_error);
}

/* The directory that is there to be filled by another one; or -ENOENT. */
static int find_both(int from_fd, const Place *place, int to_fd, const char *target)
{
	struct stat st;
	int fd;

	if (fstatat(from_fd, place->name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ||
		!S_ISDIR(st.st_mode))
		return -ENOENT;
	fd = openat(to_fd, target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -ENOENT : fd;
}

/* Under a name that nobody else has until it is complete. */
static int place_new(TreeCopy *c, int from_fd, const Place *place, int to_fd, const char *target,
	Error **ret_error)
{
	char temporary[64];
	int r;

	(void)snprintf(temporary, sizeof(temporary), ".virt-sandbox-cp.%d", getpid());
	r = file_remove_tree(to_fd, temporary, ret_error);
	if (r < 0)
		return r;
	r = make(c, from_fd, place, to_fd, temporary, ret_error);
	if (r == 0 && renameat(to_fd, temporary, to_fd, target) < 0 &&
		(errno != ENOENT || faccessat(to_fd, temporary, F_OK, AT_SYMLINK_NOFOLLOW) == 0))
		r = error_errno(ret_error, errno, "cannot replace %s", target);
	if (r < 0)
		(void)file_remove_tree(to_fd, temporary, NULL); /* the first error counts */
	return r;
}

static int place_one(TreeCopy *c, int from_fd, const Place *place, int to_fd, const char *target,
	Error **ret_error)
{
	_cleanup_fd_ int from = -EBADF, to = find_both(from_fd, place, to_fd, target);
	struct stat st;
	int r;

	if (to < 0)
		return place_new(c, from_fd, place, to_fd, target, ret_error);
	r = look(c, from_fd, place, &from, &st, ret_error);
	return r != 0 ? MIN(r, 0) : each(c, from, place, to, place_child, ret_error);
}

int tree_copy(TreeCopy *copy, int from_fd, int to_fd, const char *target, Error **ret_error)
{
	const Place place = { .name = "" };
	int r = copy->label ? label_create_begin(copy->label, ret_error) : 0;

	if (r < 0)
		return r;
	copy->bytes = 0;
	r = place_one(copy, from_fd, &place, to_fd, target, ret_error);
	if (copy->label)
		(void)label_create_end(copy->label, NULL); /* this process makes nothing else */
	return r;
}

int tree_directories(const char *tree, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	_cleanup_dir_ DIR *dir = opendir(tree);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return error_errno(ret_error, errno, "cannot list %s", tree);
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && !path_is_dot(entry->d_name))
			r = strv_append(&names, entry->d_name);
	if (r < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(names);
	return 0;
}
