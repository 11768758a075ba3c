/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies of the host's files. The source may be a directory that a service of the host can write to: below it every step is by
 * descriptor and follows no link.
 */
#include "content/copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/trusted-path.h"
#include "base/strv.h"
#include "base/array.h"
#include "plan/build.h"
#include "content/file-content.h"
#include "content/owner.h"
#include "plan/secret.h"

#define DEPTH_MAX                                                                                  \
	400 /* levels below a copied directory: two descriptors each, of the 1024 that every process may have */
#define LINKS_MAX                                                                                  \
	65536 /* files with several names in one copy; further ones become copies of their own */
#define ATTEMPTS                                                                                   \
	3 /* readings of a file that changes meanwhile; then it is taken as it comes, as a backup would */

void copy_done(Copy *copy)
{
	for (size_t i = 0; i < copy->n_links; i++)
		free(copy->links[i].path);
	free(copy->links);
	free(copy->failed);
	free(copy->source);
	(void)fd_close(copy->source_fd);
	copy->links = NULL;
	copy->n_links = 0;
	copy->failed = copy->source = NULL;
	copy->tree_fd = copy->source_fd = -EBADF;
}

int plan_watch_file(const PlanWatch *watch, const char *path, const char *content, size_t size)
{
	return watch && watch->made ? watch->made(path, false, content, size, watch->data) : 0;
}

int plan_watch_link(const PlanWatch *watch, const char *path, const char *target)
{
	return watch && watch->made ? watch->made(path, true, target, strlen(target), watch->data)
				    : 0;
}

static int failed(Copy *copy, const char *path, int r)
{
	if (!copy->failed)
		copy->failed = strdup(path); /* NULL only makes the sentence shorter */
	return r;
}

static int compare_path(const void *key, const void *entry)
{
	return plan_path_compare(key, ((const PlanEntry *)entry)->path);
}

/* What a recursive copy leaves to others: paths with an entry of their own, but directories, which both may fill. */
static bool has_own_entry(const Copy *copy, const char *path, mode_t type)
{
	return type != S_IFDIR && bsearch(path, copy->plan->entries, copy->plan->n_entries,
					  sizeof(PlanEntry), compare_path);
}

/* The range of a container ends: what is beyond belongs to root inside, which is told once a copy. */
static int tell_beyond(Copy *copy, const struct stat *st, const char *path)
{
	if (copy->beyond || (owner_of_host(st->st_uid) == st->st_uid &&
				    owner_of_host(st->st_gid) == st->st_gid))
		return 0;
	copy->beyond = true;
	return copy->remark ? copy->remark("beyond", path, copy->data) : 0;
}

static int set_metadata(Copy *copy, int fd, const struct stat *st, const char *path)
{
	int r = owner_give(
		fd, owner_of_host(st->st_uid), owner_of_host(st->st_gid), st->st_mode & 07777);

	if (r == 0)
		r = tell_beyond(copy, st, path);
	if (r < 0)
		return r;
	return futimens(fd, (const struct timespec[2]){ st->st_atim, st->st_mtim }) < 0 ? -errno
											: 0;
}

static const CopyLink *find_link(const Copy *copy, const struct stat *st)
{
	for (size_t i = 0; i < copy->n_links; i++)
		if (copy->links[i].inode == st->st_ino && copy->links[i].device == st->st_dev)
			return &copy->links[i];
	return NULL;
}

static int remember_link(Copy *copy, const struct stat *st, const char *path)
{

	if (copy->n_links >= LINKS_MAX)
		return 0;
	if (array_room(&copy->links, copy->n_links, sizeof(*copy->links)) < 0)
		return -ENOMEM;
	copy->links[copy->n_links] = (CopyLink){ st->st_dev, st->st_ino, strdup(path) };
	if (!copy->links[copy->n_links].path)
		return -ENOMEM;
	copy->n_links++;
	return 0;
}

static bool same_content(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Copies until the source is the same before and after, but not for ever. */
static int copy_content(Copy *copy, int in, int out, struct stat *st, const char *path)
{
	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		struct stat after;
		int r;

		r = content_copy(in, out, st->st_size, st->st_blocks,
			copy->trusted ? NULL : copy->plan->secrets, &copy->seen);
		if (r != 0)
			return r;
		if (fstat(in, &after) < 0)
			return -errno;
		if (same_content(st, &after))
			return 0;
		*st = after;
		if (i + 1 == ATTEMPTS)
			break;
		if (lseek(in, 0, SEEK_SET) < 0 || ftruncate(out, 0) < 0 ||
			lseek(out, 0, SEEK_SET) < 0)
			return -errno;
	}
	return copy->remark ? copy->remark("changing", path, copy->data) : 0;
}

/* Another name of a file that was copied already. A path that is too long for the kernel makes it a copy of its own. */
static int copy_second_name(
	const Copy *copy, const CopyLink *first, int parent_fd, const char *path)
{
	_cleanup_fd_ int fd = path_open_in_root(copy->tree_fd, first->path, O_PATH | O_NOFOLLOW, 0);

	if (fd < 0)
		return fd;
	return linkat(fd, "", parent_fd, path_base(path), AT_EMPTY_PATH) < 0 && errno != EEXIST
		       ? -errno
		       : 0;
}

static int copy_file(Copy *copy, int in, struct stat *st, int parent_fd, const char *path)
{
	const CopyLink *first = st->st_nlink > 1 ? find_link(copy, st) : NULL;
	_cleanup_fd_ int out = -EBADF;
	bool capability = false;
	int r;

	if (first) {
		r = copy_second_name(copy, first, parent_fd, path);
		if (r != -ENAMETOOLONG && r != -ENOSYS)
			return r;
	}
	/* No wider than its source, and nobody can reach the tree yet; with a usual umask the mode is then right. */
	out = openat(parent_fd, path_base(path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		st->st_mode & 0777);
	if (out < 0)
		return -errno;
	r = copy_content(copy, in, out, st, path);
	if (r == CONTENT_SECRET) {
		if (unlinkat(parent_fd, path_base(path), 0) < 0)
			return -errno;
		return copy->remark ? copy->remark("kept-back", path, copy->data) : 0;
	}
	if (r == 0)
		r = content_copy_attributes(in, out, 0, 0, &capability);
	if (r == 0)
		r = set_metadata(copy, out, st, path);
	if (r == 0 && capability)
		r = content_copy_capability(in, out);
	if (r == 0 && copy->seen.whole)
		r = plan_watch_file(copy->watch, path, copy->seen.data, copy->seen.size);
	if (r == 0 && st->st_nlink > 1)
		r = remember_link(copy, st, path);
	return r;
}

/* Does the plan put something at path, or something above it with all that it holds? */
static bool is_planned(const Plan *plan, const char *path)
{
	_cleanup_free_ char *above = strdup(path);
	char *slash;

	for (bool exact = true; above && *above; exact = false) {
		const PlanEntry *e = bsearch(
			above, plan->entries, plan->n_entries, sizeof(PlanEntry), compare_path);

		if (e && (exact || (e->kind == PLAN_COPY && e->recurse)))
			return true;
		slash = strrchr(above, '/');
		*slash = '\0';
	}
	return false;
}

/* What every container has is the host's registry as well (/etc/alternatives): most of it is about others. */
static bool is_of_everybody(const Copy *copy)
{
	const PlanEntry *e = bsearch(copy->root, copy->plan->entries, copy->plan->n_entries,
		sizeof(PlanEntry), compare_path);

	return e && e->rule && strcmp(e->rule, "base") == 0;
}

/* Does a link lead to what the host has and the container has not? Only that there is something is asked: whoever made the link may have put any name
 * into it. */
static bool would_dangle(const Copy *copy, const char *link, const char *target)
{
	_cleanup_free_ char *path = path_of_link(link, target);

	if (!path || path_is_below_any(path, copy->plan->mounted) ||
		path_is_below(path, copy->root))
		return false;
	if (!facts_is_outside(path) &&
		(!facts_is_private(path) || strcmp(link, copy->root) == 0 ||
			is_of_everybody(copy) || is_planned(copy->plan, path) ||
			plan_excludes(copy->plan, path, NULL)))
		return false;
	return access(path, F_OK) == 0;
}

/* Not a part of its recursive caller: of the stack that many levels need. */
__attribute__((noinline)) static int copy_link(const Copy *copy, int source_fd, const char *name,
	const struct stat *st, int parent_fd, const char *path)
{
	char target[4096];
	ssize_t n = readlinkat(source_fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, parent_fd, path_base(path)) < 0)
		return -errno;
	if (st->st_uid != 0 || st->st_gid != 0)
		if (fchownat(parent_fd, path_base(path), owner_of_host(st->st_uid),
			    owner_of_host(st->st_gid), AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
	if (copy->remark && would_dangle(copy, path, target)) {
		int r = copy->remark("astray", path, copy->data);

		if (r < 0)
			return r;
	}
	/* Nobody reads the times of a link, and there are hundreds in the base set. */
	return plan_watch_link(copy->watch, path, target);
}

static int copy_object(Copy *copy, int source_fd, const char *name, unsigned char type,
	bool recurse, int parent_fd, const char *path, unsigned int depth);

/* Consumes source_fd. */
static int copy_children(
	Copy *copy, int source_fd, int target_fd, const char *path, unsigned int depth)
{
	_cleanup_fd_ int fd = source_fd;
	struct dirent *entry;
	int r = 0;
	DIR *dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)TAKE_FD(fd); /* closedir() closes it */
	while (r == 0 && (errno = 0, entry = readdir(dir))) {
		_cleanup_free_ char *child = NULL;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = path_join(path, entry->d_name);
		if (!child)
			r = -ENOMEM;
		else
			r = copy_object(copy, dirfd(dir), entry->d_name, entry->d_type, true,
				target_fd, child, depth + 1);
		if (r == -ENOENT) /* vanished between readdir() and open() */
			r = 0;
	}
	if (r == 0 && errno != 0)
		r = -errno;
	(void)closedir(dir); /* read only, nothing can be lost */
	return r;
}

/* Consumes in. */
static int copy_directory(Copy *copy, int in, const struct stat *st, bool recurse, int parent_fd,
	const char *path, unsigned int depth)
{
	_cleanup_fd_ int source_fd = in, out = -EBADF;
	bool capability;
	int r = 0;

	if (depth > DEPTH_MAX) {
		copy->too_deep = true;
		return -EOVERFLOW;
	}
	/* Nobody can reach it yet: mostly this is its mode already. */
	if (mkdirat(parent_fd, path_base(path), (st->st_mode & 0777) | 0700) < 0 && errno != EEXIST)
		return -errno;
	out = openat(parent_fd, path_base(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return -errno;
	r = content_copy_attributes(in, out, 0, 0, &capability);
	if (r == 0 && recurse)
		r = copy_children(copy, TAKE_FD(source_fd), out, path, depth);
	return r == 0 ? set_metadata(copy, out, st, path) : r;
}

/* A meeting point of programs is a part of their data; what is in it is not. */
static int copy_fifo(Copy *copy, const struct stat *st, int parent_fd, const char *path)
{
	_cleanup_fd_ int out = -EBADF;

	if (mkfifoat(parent_fd, path_base(path), st->st_mode & 0777) < 0)
		return errno == EEXIST ? 0 : -errno;
	out = openat(parent_fd, path_base(path), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? -errno : set_metadata(copy, out, st, path);
}

/* What is opened may be another object than the one that was looked at: its own type decides. O_NONBLOCK: a fifo must not stop us; O_NOCTTY: nor a
 * terminal become ours. */
static int copy_opened(Copy *copy, int source_fd, const char *name, bool recurse, int parent_fd,
	const char *path, unsigned int depth)
{
	_cleanup_fd_ int in = -EBADF;
	struct stat st;

	in = openat(source_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return copy_file(copy, in, &st, parent_fd, path);
	if (S_ISDIR(st.st_mode))
		return copy_directory(copy, TAKE_FD(in), &st, recurse, parent_fd, path, depth);
	return S_ISFIFO(st.st_mode) ? copy_fifo(copy, &st, parent_fd, path) : 0;
}

/* Sockets belong to running processes of the host, devices to its kernel. Of what will be opened the type is enough, if the directory tells it. */
static int copy_object(Copy *copy, int source_fd, const char *name, unsigned char type,
	bool recurse, int parent_fd, const char *path, unsigned int depth)
{
	struct stat st = { .st_mode = DTTOIF(type) };
	int r = 0;

	if (depth > 0 && plan_excludes(copy->plan, path, copy->root))
		return 0;
	if (type != DT_REG && type != DT_DIR &&
		fstatat(source_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (depth > 0 && has_own_entry(copy, path, st.st_mode & S_IFMT))
		return 0;
	if (S_ISREG(st.st_mode) && !copy->trusted && secret_name(copy->plan->secrets, path))
		return copy->remark ? copy->remark("kept-back", path, copy->data) : 0;
	if (S_ISLNK(st.st_mode))
		r = copy_link(copy, source_fd, name, &st, parent_fd, path);
	else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISFIFO(st.st_mode))
		r = copy_opened(copy, source_fd, name, recurse, parent_fd, path, depth);
	else if (!S_ISSOCK(st.st_mode))
		r = copy->remark ? copy->remark("device", path, copy->data) : 0;
	return r < 0 && r != -ENOENT ? failed(copy, path, r) : r;
}

/* Links above the source are followed if root made them: what a service can put there must not lead us elsewhere. The walk is for the few that have links.
 * parent ends in a slash. */
static int open_parent(char *parent)
{
	_cleanup_fd_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, r;

	if (root_fd < 0)
		return -errno;
	fd = path_open_no_links(root_fd, parent, O_PATH | O_DIRECTORY, 0);
	if (fd != -ELOOP)
		return fd;
	parent[strlen(parent) - 1] = '\0';
	r = trusted_path_open(parent, TRUSTED_ROOTS_LINKS, &fd, NULL, NULL);
	parent[strlen(parent)] = '/';
	return r < 0 ? r : fd;
}

/* Neighbours of a sorted plan have the same parent. */
static int enter_source(Copy *copy, const char *source)
{
	_cleanup_free_ char *parent = strndup(source, (size_t)(path_base(source) - source));
	int fd;

	if (!parent)
		return -ENOMEM;
	if (copy->source && strcmp(parent, copy->source) == 0)
		return 0;
	fd = open_parent(parent);
	if (fd < 0)
		return fd;
	copy->source_fd = fd_close(copy->source_fd);
	copy->source_fd = fd;
	free(copy->source);
	copy->source = TAKE_PTR(parent);
	return 0;
}

int copy_source(Copy *copy, const char *source, bool recurse, int parent_fd, const char *path)
{
	int r = enter_source(copy, source);

	copy->root = path;
	copy->beyond = false;
	if (!copy->trusted && !copy->plan->secrets) /* nobody has said what is one */
		return failed(copy, source, -EINVAL);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return failed(copy, source, r);
	r = copy_object(
		copy, copy->source_fd, path_base(source), DT_UNKNOWN, recurse, parent_fd, path, 0);
	return r == -ENOENT ? 0 : r;
}
