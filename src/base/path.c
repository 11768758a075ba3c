/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths.
 */
#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Byte by byte: of the hundred thousands of paths of a package database most differ in the second byte. */
bool path_is_below(const char *p, const char *d)
{
	bool slash = false; /* ends what both have in common */

	while (*d && *p == *d) {
		slash = *d == '/';
		p++;
		d++;
	}
	while (*d == '/')
		d++;
	return *d == '\0' && (*p == '/' || *p == '\0' || slash);
}

bool path_is_below_any(const char *p, char *const *directories)
{
	for (char *const *d = directories; d && *d; d++)
		if (path_is_below(p, *d))
			return true;
	return false;
}

bool path_is_normal(const char *p)
{
	if (p[0] != '/')
		return false;
	if (p[1] == '\0')
		return true;
	while (*p) {
		const char *component = ++p;

		while (*p && *p != '/')
			p++;
		if (p - component <= 2 &&
			(p == component || (component[0] == '.' &&
						   (p - component == 1 || component[1] == '.'))))
			return false;
	}
	return true;
}

char *path_normalize(const char *p)
{
	char *out, *o;

	if (p[0] != '/') {
		errno = EINVAL;
		return NULL;
	}
	out = o = malloc(strlen(p) + 2);
	if (!out)
		return NULL;
	while (*p) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 0)
			break;
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			free(out);
			errno = EINVAL;
			return NULL;
		}
		if (!(n == 1 && p[0] == '.')) {
			*o++ = '/';
			memcpy(o, p, n);
			o += n;
		}
		p += n;
	}
	if (o == out)
		*o++ = '/';
	*o = '\0';
	return out;
}

char *path_join(const char *a, const char *b)
{
	size_t n = strlen(a), m;
	char *joined;

	while (n > 0 && a[n - 1] == '/')
		n--;
	b += strspn(b, "/");
	m = strlen(b);
	joined = malloc(n + m + 2);
	if (!joined)
		return NULL;
	memcpy(joined, a, n);
	joined[n] = '/';
	memcpy(joined + n + 1, b, m + 1);
	return joined;
}

bool path_is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

const char *path_base(const char *p)
{
	const char *slash = strrchr(p, '/');

	return slash ? slash + 1 : p;
}

static int open_resolved(int root_fd, const char *path, int flags, mode_t mode, __u64 resolve)
{
	struct open_how how = {
		.flags = (__u64)(flags | O_CLOEXEC),
		.mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	path += strspn(path, "/");
	do
		fd = syscall(SYS_openat2, root_fd, *path ? path : ".", &how, sizeof(how));
	while (fd < 0 &&
		(errno == EINTR || errno == EAGAIN)); /* EAGAIN: a rename raced with ".." */
	return fd < 0 ? -errno : (int)fd;
}

int path_open_in_root(int root_fd, const char *path, int flags, mode_t mode)
{
	return open_resolved(root_fd, path, flags, mode, RESOLVE_IN_ROOT);
}

int path_open_no_links(int root_fd, const char *path, int flags, mode_t mode)
{
	return open_resolved(root_fd, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

int path_open_same_mount(int root_fd, const char *path, int flags)
{
	return open_resolved(
		root_fd, path, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

int path_mkdir_in_root(int root_fd, const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_fd_ int fd = -EBADF;
	char *state = NULL;

	if (!copy)
		return -ENOMEM;
	fd = path_open_no_links(root_fd, ".", O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	for (char *c = strtok_r(copy, "/", &state); c; c = strtok_r(NULL, "/", &state)) {
		int next;

		if (mkdirat(fd, c, mode) < 0 && errno != EEXIST)
			return -errno;
		next = path_open_no_links(fd, c, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
		if (next < 0)
			return next;
		(void)fd_close(fd);
		fd = next;
	}
	return TAKE_FD(fd);
}

char *path_of_link(const char *path, const char *target)
{
	_cleanup_free_ char *joined = NULL;
	size_t n = target[0] == '/' ? 0 : (size_t)(path_base(path) - path);

	while (n > 0 && path[n - 1] == '/')
		n--;
	while (n > 0 && strncmp(target, "../", 3) == 0) {
		target += 3;
		while (n > 0 && path[--n] != '/')
			;
	}
	if (asprintf(&joined, "%.*s/%s", (int)n, path, target) < 0) {
		joined = NULL;
		errno = ENOMEM;
		return NULL;
	}
	return path_normalize(joined);
}

char *path_of_fd(int links_fd, int root_fd, int fd)
{
	_cleanup_fd_ int own_fd = -EBADF;
	char name[16], root[PATH_MAX], path[PATH_MAX];
	ssize_t n, m;

	if (links_fd < 0)
		links_fd = own_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(name, sizeof(name), "%d", root_fd);
	n = readlinkat(links_fd, name, root, sizeof(root) - 1);
	(void)snprintf(name, sizeof(name), "%d", fd);
	m = readlinkat(links_fd, name, path, sizeof(path) - 1);
	if (links_fd < 0 || n < 0 || m < 0)
		return NULL;
	root[n] = path[m] = '\0';
	if (strcmp(root, "/") == 0)
		return strdup(path);
	if (!path_is_below(path, root)) {
		errno = EXDEV;
		return NULL;
	}
	return strdup(path + n);
}
