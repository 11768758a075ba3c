/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whole files of the host.
 */
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"

#define TREE_DEPTH_MAX 128 /* directories that are open at once while a tree is removed */

static int read_opened(int fd, const char *path, char **ret, size_t *ret_size, Error **ret_error)
{
	int r = fd_read_all(fd, FILE_LIMIT, ret, ret_size);

	return r < 0 ? error_errno(ret_error, -r, "cannot read %s", path) : 0;
}

int file_read(const char *path, char **ret, size_t *ret_size, Error **ret_error)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? error_errno(ret_error, errno, "cannot read %s", path)
		      : read_opened(fd, path, ret, ret_size, ret_error);
}

int file_read_optional(const char *path, char **ret, size_t *ret_size, Error **ret_error)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot read %s", path);
	if (fd < 0) {
		*ret = NULL;
		return 0;
	}
	r = read_opened(fd, path, ret, ret_size, ret_error);
	return r < 0 ? r : 1;
}

/* Without a name until it is complete: nobody has to clean up after a process that is killed while it writes. On a file
 * system that cannot do that (overlayfs of old kernels) it gets the second name at once. */
static int open_nameless(const char *path, const char *second)
{
	_cleanup_free_ char *directory = strdup(path);
	char *slash;
	int fd;

	if (!directory)
		return -ENOMEM;
	slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	fd = open(slash ? directory : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EOPNOTSUPP)
		fd = open(second, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Gives the file its name. One that is taken is replaced by way of the second name, which a process that is killed just
 * then leaves to the next writer. */
static int name_file(int fd, const char *path, const char *second)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_nlink == 0) {
		if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
			return 0;
		if (errno != EEXIST || (unlink(second) < 0 && errno != ENOENT) ||
			linkat(fd, "", AT_FDCWD, second, AT_EMPTY_PATH) < 0)
			return -errno;
	}
	return rename(second, path) < 0 ? -errno : 0;
}

static int write_nameless(
	const char *path, const void *data, size_t size, mode_t mode, bool sync, Error **ret_error)
{
	_cleanup_free_ char *second = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (asprintf(&second, "%s~", path) < 0) {
		second = NULL;
		return error_oom(ret_error);
	}
	fd = open_nameless(path, second);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot write %s", path);
	r = fd_write_all(fd, data, size);
	if (r == 0 && (fchmod(fd, mode) < 0 || (sync && fsync(fd) < 0)))
		r = -errno;
	if (r == 0)
		r = name_file(fd, path, second);
	return r < 0 ? error_errno(ret_error, -r, "cannot write %s", path) : 0;
}

/* What is below the run directory is gone after whatever an fsync would protect it from. */
static bool outlives_the_host(const char *path)
{
	_cleanup_free_ char *run = layout_path(LAYOUT_RUN);

	return !run || !path_is_below(path, run);
}

int file_write_atomic(
	const char *path, const void *data, size_t size, mode_t mode, Error **ret_error)
{
	return write_nameless(path, data, size, mode, outlives_the_host(path), ret_error);
}

int file_write_unsynced(
	const char *path, const void *data, size_t size, mode_t mode, Error **ret_error)
{
	return write_nameless(path, data, size, mode, false, ret_error);
}

int file_sync_systems(char *const *paths, Error **ret_error)
{
	_cleanup_free_ dev_t *done = NULL;
	size_t n = 0, n_done = 0;

	while (paths && paths[n])
		n++;
	done = calloc(n + 1, sizeof(*done));
	if (!done)
		return error_oom(ret_error);
	for (size_t i = 0; i < n; i++) {
		_cleanup_fd_ int fd = open(paths[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		bool known = false;
		struct stat st;

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || fstat(fd, &st) < 0)
			return error_errno(ret_error, errno, "cannot open %s", paths[i]);
		for (size_t k = 0; k < n_done; k++)
			known = known || done[k] == st.st_dev;
		if (known)
			continue;
		if (syncfs(fd) < 0)
			return error_errno(ret_error, errno,
				"cannot write the file system of %s to its disk", paths[i]);
		done[n_done++] = st.st_dev;
	}
	return 0;
}

int file_write_kernel(int dirfd, const char *path, const char *text, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	size_t size = strlen(text);

	fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	if (write(fd, text, size) != (ssize_t)size)
		return error_errno(ret_error, errno, "cannot write \"%s\" to %s", text, path);
	return 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static int list(int fd, const char *ending, char ***ret)
{
	int own_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = own_fd < 0 ? NULL : fdopendir(own_fd);
	_cleanup_strv_ char **names = NULL;
	const struct dirent *entry;
	size_t n = 1; /* with the terminator */

	if (!dir) {
		(void)fd_close(own_fd);
		return -errno;
	}
	while (errno = 0, (entry = readdir(dir))) {
		size_t size = strlen(entry->d_name), end = strlen(ending);
		char *name;

		if (path_is_dot(entry->d_name) || size <= end ||
			strcmp(entry->d_name + size - end, ending) != 0)
			continue;
		name = strndup(entry->d_name, size - end);
		if (!name || array_room(&names, n, sizeof(*names)) < 0) {
			free(name);
			return -ENOMEM;
		}
		names[n - 1] = name;
		names[n++] = NULL;
	}
	if (errno)
		return -errno;
	if (names)
		strv_sort(names);
	*ret = TAKE_PTR(names);
	return 0;
}

int file_list(const char *directory, const char *ending, char ***ret, Error **ret_error)
{
	_cleanup_fd_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : list(fd, ending, ret);

	if (fd < 0 && r == -ENOENT)
		*ret = NULL;
	else if (r < 0)
		return error_errno(ret_error, -r, "cannot list %s", directory);
	return 0;
}

int file_list_fd(int fd, char ***ret)
{
	return list(fd, "", ret);
}

int file_mkdir_p(const char *path, mode_t mode, Error **ret_error)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return error_oom(ret_error);
	if (mkdir(path, mode) == 0 || errno == EEXIST) /* mostly */
		return 0;
	for (char *p = copy + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return error_errno(ret_error, errno, "cannot create directory %s", copy);
		if (c == '\0')
			return 0;
		*p = c;
	}
}

typedef struct Removal {
	int top_fd; /* the tree's own directory */
	unsigned int lifted; /* directories that were moved into it */
	char *stuck; /* what could not be removed, below the tree; NULL: not known */
	bool immutable; /* it, or the directory that it is in */
} Removal;

/* How deep a tree is was decided by who wrote to it: neither our stack nor our descriptors may be its limit. */
static int lift(Removal *removal, int parent_fd, const char *name)
{
	char lifted[32];
	int r;

	do {
		(void)snprintf(lifted, sizeof(lifted), "lifted.%u", removal->lifted++);
		r = renameat2(parent_fd, name, removal->top_fd, lifted, RENAME_NOREPLACE);
	} while (r < 0 && errno == EEXIST);
	return r < 0 ? -errno : 0;
}

static int remove_tree(Removal *removal, int parent_fd, const char *name, unsigned int depth);

static bool is_immutable(int parent_fd, const char *name)
{
	const uint64_t marks = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	struct statx st;

	return statx(parent_fd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, 0, &st) == 0 &&
	       st.stx_attributes & marks;
}

/* From the innermost outward: each level puts its name in front. */
static void note_stuck(Removal *removal, int parent_fd, const char *name)
{
	_cleanup_free_ char *below = removal->stuck;

	removal->immutable =
		removal->immutable ||
		(!below && (is_immutable(parent_fd, name) || is_immutable(parent_fd, "")));
	removal->stuck = below ? path_join(name, below) : strdup(name);
}

static int remove_children(Removal *removal, DIR *dir, unsigned int depth)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		int r;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = remove_tree(removal, dirfd(dir), entry->d_name, depth + 1);
		if (r < 0) {
			note_stuck(removal, dirfd(dir), entry->d_name);
			return r;
		}
	}
	return 0;
}

/* What is mounted below, a bind mount of the same file system too, belongs to somebody else: -EXDEV. The way to the tree
 * itself may lead over mounts. */
static int open_directory(int parent_fd, const char *name, unsigned int depth)
{
	int fd;

	if (depth > 0)
		return path_open_same_mount(parent_fd, name, O_RDONLY | O_DIRECTORY);
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int remove_tree(Removal *removal, int parent_fd, const char *name, unsigned int depth)
{
	_cleanup_fd_ int fd = -EBADF;
	unsigned int lifted;
	DIR *dir;
	int r;

	if (unlinkat(parent_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > TREE_DEPTH_MAX)
		return lift(removal, parent_fd, name);
	fd = open_directory(parent_fd, name, depth);
	if (fd < 0)
		return fd == -ENOTDIR || fd == -ELOOP ? -EPERM : fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)TAKE_FD(fd); /* closedir() closes it */
	if (depth == 0)
		removal->top_fd = dirfd(dir);
	do { /* what was lifted into it is of the next turn */
		lifted = removal->lifted;
		rewinddir(dir);
		r = remove_children(removal, dir, depth);
	} while (r == 0 && depth == 0 && lifted != removal->lifted);
	(void)closedir(dir); /* read only, nothing can be lost */
	if (r == 0 && unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

int file_remove_tree(int dirfd, const char *name, Error **ret_error)
{
	Removal removal = { .top_fd = -EBADF };
	int r = remove_tree(&removal, dirfd, name, 0);
	_cleanup_free_ char *stuck = removal.stuck;
	const char *slash = stuck ? "/" : "", *below = stuck ? stuck : "";

	if (r == -EXDEV || r == -EBUSY)
		return error_set(ret_error, EBUSY,
			"cannot remove %s: something is still mounted below it", name);
	if (r == -EPERM && (removal.immutable || is_immutable(dirfd, name)))
		return error_set(ret_error, EPERM,
			"cannot remove %s%s%s: it, or its directory, is immutable or append-only; run `chattr -ia` on it",
			name, slash, below);
	return r < 0 ? error_errno(ret_error, -r, "cannot remove %s%s%s", name, slash, below) : 0;
}

int file_mkdir_parent(const char *path, Error **ret_error)
{
	_cleanup_free_ char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;

	if (!parent)
		return error_oom(ret_error);
	if (!slash || slash == parent)
		return 0;
	*slash = '\0';
	return file_mkdir_p(parent, 0700, ret_error);
}

#define LOCK_TIMEOUT 30 /* seconds */

static int open_lock(const char *path, int *ret_fd, Error **ret_error)
{
	int r = file_mkdir_parent(path, ret_error);

	if (r < 0)
		return r;
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open lock %s", path) : 0;
}

int file_try_lock(const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = open_lock(path, &fd, ret_error);

	if (r < 0)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_errno(
			ret_error, errno == EWOULDBLOCK ? EBUSY : errno, "cannot lock %s", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int file_lock(const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	Deadline deadline = deadline_in(LOCK_TIMEOUT);
	int r = open_lock(path, &fd, ret_error);

	if (r < 0)
		return r;
	/* A lock that is waited for has no time limit in the kernel, and its holder may be stopped. */
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && errno != EWOULDBLOCK)
			return error_errno(ret_error, errno, "cannot lock %s", path);
		if (deadline_pause(deadline) < 0)
			return error_set(ret_error, ETIMEDOUT,
				"cannot lock %s: another command has held it for %d seconds; find it with `fuser -v %s`",
				path, LOCK_TIMEOUT, path);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}
