/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths of the host that a description names.
 *
 * Owners and modes do not tell what a container made: root inside is root on the disk of a directory that it may write to. So such
 * directories are marked.
 */
#include "base/trusted-path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"

#define MARK "trusted.virt-sandbox.writable"
#define LINKS_MAX 40u /* as the kernel has it */

/* Who could exchange what lies here. A later one is worse. */
typedef enum Zone {
	ZONE_ROOT,
	ZONE_UNMARKED, /* the file system keeps no marks */
	ZONE_USERS,
	ZONE_CONTAINER,
} Zone;

static const char *const who[] = {
	[ZONE_UNMARKED] = "whose file system cannot tell whether a container may write to it",
	[ZONE_USERS] = "which others than root can write to",
	[ZONE_CONTAINER] = "which a container can write to",
};

typedef struct Walk {
	const char *path; /* as asked for */
	TrustedFlags flags;
	int fd; /* where we are */
	struct stat st; /* of it */
	char *real; /* its path; "" for the root */
	char *rest; /* what is still to be walked */
	char *culprit; /* the directory that gave the zone */
	Zone zone;
	unsigned int links;
	char ***names; /* of trusted_path_trace(), or NULL */
} Walk;

static void walk_done(Walk *walk)
{
	(void)fd_close(walk->fd);
	free(walk->real);
	free(walk->rest);
	free(walk->culprit);
}
#define _cleanup_walk_ _cleanup_(walk_done)

static const char *walk_real(const Walk *walk)
{
	return *walk->real ? walk->real : "/";
}

static int walk_worsen(Walk *walk, Zone zone, Error **ret_error)
{
	if (zone <= walk->zone)
		return 0;
	free(walk->culprit);
	walk->culprit = strdup(walk_real(walk));
	if (!walk->culprit)
		return error_oom(ret_error);
	walk->zone = zone;
	return 0;
}

/* Before anything in the directory where we are is looked at. */
static int walk_judge(Walk *walk, Error **ret_error)
{
	char value;

	if (getxattr(fd_magic(walk->fd).path, MARK, &value, 1) >= 0)
		return walk_worsen(walk, ZONE_CONTAINER, ret_error);
	switch (errno) {
	case ENODATA:
		return 0;
	case ERANGE: /* longer than ours, but there */
		return walk_worsen(walk, ZONE_CONTAINER, ret_error);
	case EOPNOTSUPP:
		return walk_worsen(walk, ZONE_UNMARKED, ret_error);
	default:
		return error_errno(ret_error, errno, "cannot use %s: look for the mark of %s",
			walk->path, walk_real(walk));
	}
}

static bool is_open_to_others(const struct stat *st)
{
	return st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH));
}

/* In a sticky directory of root's (/tmp), nobody else can exchange what is root's. */
static bool is_sticky(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & S_ISVTX);
}

/* O_DIRECTORY first: it makes automounts mount, which O_PATH alone does not. */
static int open_component(int fd, const char *name)
{
	int child = openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (child < 0 && (errno == ENOTDIR || errno == ELOOP))
		child = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return child < 0 ? -errno : child;
}

static int walk_move(Walk *walk, int *fd, const struct stat *st, char **real)
{
	(void)fd_close(walk->fd);
	walk->fd = TAKE_FD(*fd);
	walk->st = *st;
	free(walk->real);
	walk->real = TAKE_PTR(*real);
	return 0;
}

static int walk_to_root(Walk *walk, Error **ret_error)
{
	_cleanup_fd_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *real = strdup("");
	struct stat st;

	if (!real)
		return error_oom(ret_error);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot use %s: open /", walk->path);
	return walk_move(walk, &fd, &st, &real);
}

static int walk_up(Walk *walk, Error **ret_error)
{
	_cleanup_fd_ int fd = openat(walk->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *real = strdup(walk->real);
	struct stat st;
	char *slash;

	if (!real)
		return error_oom(ret_error);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot use %s: go up from %s", walk->path,
			walk_real(walk));
	slash = strrchr(real, '/');
	if (slash)
		*slash = '\0';
	return walk_move(walk, &fd, &st, &real);
}

/* What the link says comes before the rest of the way. */
static int walk_follow(
	Walk *walk, int link_fd, const struct stat *st, const char *name, Error **ret_error)
{
	_cleanup_free_ char *rest = NULL;
	char target[PATH_MAX];
	ssize_t n;

	if (walk->zone == ZONE_CONTAINER ||
		(walk->zone != ZONE_ROOT && !(walk->flags & TRUSTED_ROOTS_LINKS)))
		return error_set(ret_error, ELOOP,
			"cannot use %s: %s/%s is a link below %s, %s; name what it leads to",
			walk->path, walk->real, name, walk->culprit, who[walk->zone]);
	if (st->st_uid != 0)
		return error_set(ret_error, ELOOP,
			"cannot use %s: %s/%s is a link of user %u; name what it leads to",
			walk->path, walk->real, name, st->st_uid);
	n = readlinkat(link_fd, "", target, sizeof(target) - 1);
	if (n < 0 || ++walk->links > LINKS_MAX)
		return error_errno(ret_error, n < 0 ? errno : ELOOP,
			"cannot use %s: follow the link %s/%s", walk->path, walk->real, name);
	target[n] = '\0';
	if (asprintf(&rest, "%s/%s", target, walk->rest) < 0) {
		rest = NULL;
		return error_oom(ret_error);
	}
	free(walk->rest);
	walk->rest = TAKE_PTR(rest);
	return *target == '/' ? walk_to_root(walk, ret_error) : 0;
}

static int walk_into(Walk *walk, const char *name, Error **ret_error)
{
	bool last = walk->rest[strspn(walk->rest, "/")] == '\0';
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = walk_judge(walk, ret_error);

	if (r < 0)
		return r;
	if (walk->names && strv_appendf(walk->names, "%s/%s", walk->real, name) < 0)
		return error_oom(ret_error);
	fd = open_component(walk->fd, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(ret_error, fd < 0 ? -fd : errno, "cannot use %s: open %s/%s",
			walk->path, walk->real, name);
	if (is_open_to_others(&walk->st) && !(is_sticky(&walk->st) && st.st_uid == 0)) {
		r = walk_worsen(walk, ZONE_USERS, ret_error);
		if (r < 0)
			return r;
	}
	if (S_ISLNK(st.st_mode) && !(last && (walk->flags & TRUSTED_LINK)))
		return walk_follow(walk, fd, &st, name, ret_error);
	if (!last && !S_ISDIR(st.st_mode))
		return error_set(ret_error, ENOTDIR, "cannot use %s: %s/%s is not a directory",
			walk->path, walk->real, name);
	if (asprintf(&real, "%s/%s", walk->real, name) < 0) {
		real = NULL;
		return error_oom(ret_error);
	}
	return walk_move(walk, &fd, &st, &real);
}

/* Cuts the next component off what is left. NULL without memory; "" at the end. */
static char *walk_next(Walk *walk)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t n = strcspn(start, "/");
	char *name = strndup(start, n);

	memmove(walk->rest, start + n, strlen(start + n) + 1);
	return name;
}

static int walk_all(Walk *walk, Error **ret_error)
{
	int r = walk_to_root(walk, ret_error);

	while (r == 0) {
		_cleanup_free_ char *name = walk_next(walk);

		if (!name)
			return error_oom(ret_error);
		if (*name == '\0')
			return 0;
		if (strcmp(name, ".") == 0)
			continue;
		r = strcmp(name, "..") == 0 ? walk_up(walk, ret_error)
					    : walk_into(walk, name, ret_error);
	}
	return r;
}

/* Once we are there. */
static int walk_accept(Walk *walk, Error **ret_error)
{
	int r;

	if (walk->flags & TRUSTED_WITHIN) {
		r = walk_judge(walk, ret_error);
		if (r == 0 && is_open_to_others(&walk->st) && !is_sticky(&walk->st))
			r = walk_worsen(walk, ZONE_USERS, ret_error);
		if (r < 0)
			return r;
	}
	if (walk->zone == ZONE_CONTAINER &&
		(walk->flags & (TRUSTED_NO_CONTAINER | TRUSTED_ROOT_ONLY)))
		return error_set(ret_error, EPERM,
			"cannot use %s: it is in %s, %s; choose a place that no container can write to",
			walk->path, walk->culprit, who[walk->zone]);
	if (walk->zone == ZONE_USERS && (walk->flags & TRUSTED_ROOT_ONLY))
		return error_set(ret_error, EPERM,
			"cannot use %s: it is in %s, %s; choose a place that is root's alone",
			walk->path, walk->culprit, who[walk->zone]);
	if (walk->zone == ZONE_USERS && S_ISREG(walk->st.st_mode) && walk->st.st_nlink > 1)
		return error_set(ret_error, EMLINK,
			"cannot use %s: it has other names and is in %s, %s: it may be anybody's file; use a copy",
			walk->path, walk->culprit, who[walk->zone]);
	return 0;
}

int trusted_path_open(
	const char *path, TrustedFlags flags, int *ret_fd, char **ret_real, Error **ret_error)
{
	return trusted_path_trace(path, flags, NULL, ret_fd, ret_real, ret_error);
}

int trusted_path_trace(const char *path, TrustedFlags flags, char ***names, int *ret_fd,
	char **ret_real, Error **ret_error)
{
	_cleanup_walk_ Walk walk = { .path = path, .flags = flags, .fd = -EBADF, .names = names };
	int r;

	if (!path_is_normal(path))
		return error_set(ret_error, EINVAL,
			"cannot use %s: it must be absolute, without '.' and '..'", path);
	walk.rest = strdup(path);
	if (!walk.rest)
		return error_oom(ret_error);
	r = walk_all(&walk, ret_error);
	if (r >= 0)
		r = walk_accept(&walk, ret_error);
	if (r < 0)
		return r;
	if (ret_real) {
		*ret_real = *walk.real ? TAKE_PTR(walk.real) : strdup("/");
		if (!*ret_real)
			return error_oom(ret_error);
	}
	*ret_fd = TAKE_FD(walk.fd);
	return 0;
}

bool trusted_path_is_marked(int fd)
{
	char value;

	return getxattr(fd_magic(fd).path, MARK, &value, 1) >= 0 || errno == ERANGE;
}

int trusted_path_mark(int fd, const char *path, Error **ret_error)
{
	MagicLink link = fd_magic(fd);
	struct stat st;
	char value;

	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot examine %s", path);
	if (!S_ISDIR(st.st_mode) || getxattr(link.path, MARK, &value, 1) >= 0)
		return 0;
	if (setxattr(link.path, MARK, "1", 1, 0) < 0 && errno != EOPNOTSUPP && errno != EROFS)
		return error_errno(
			ret_error, errno, "cannot mark %s as a directory of a container's", path);
	return 0;
}

int trusted_path_reopen(int fd, int flags)
{
	int opened = open(fd_magic(fd).path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return opened < 0 ? -errno : opened;
}
