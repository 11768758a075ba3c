/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * resolv.conf(5) of the host.
 */
#include "base/resolver.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

#define RESOLVER_SIZE_MAX (64u * 1024) /* bytes */

static const char *const candidates[] = { "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf" };

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

bool resolver_is_local(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char address[64];

		if (sscanf(line, "nameserver%*1[ \t]%63s", address) == 1 && !is_loopback(address))
			return false;
	}
	return true;
}

/* Where the links that we came by lead, as a path below the root. */
static char *path_of(int root_fd, int fd)
{
	char link[40], root[PATH_MAX], path[PATH_MAX];
	ssize_t n, m;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
	n = readlink(link, root, sizeof(root) - 1);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	m = readlink(link, path, sizeof(path) - 1);
	if (n < 0 || m < 0)
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

/* 1: taken. 0: there is no such file. */
static int look_at(int root_fd, const char *candidate, char **path, bool *local)
{
	_cleanup_fd_ int fd = path_open_in_root(root_fd, candidate, O_RDONLY | O_NONBLOCK, 0);
	_cleanup_free_ char *text = NULL;
	char *found;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = fd_read_all(fd, RESOLVER_SIZE_MAX, &text, NULL);
	if (r < 0)
		return r;
	found = path_of(root_fd, fd);
	if (!found)
		return errno ? -errno : -ENOMEM;
	free(*path);
	*path = found;
	*local = resolver_is_local(text);
	return 1;
}

int resolver_find(int root_fd, char **ret, bool *ret_local)
{
	_cleanup_free_ char *path = NULL;
	bool local = true;

	for (size_t i = 0; local && i < ARRAY_SIZE(candidates); i++) {
		_cleanup_free_ char *better = NULL;
		bool better_local = true;
		int r = look_at(root_fd, candidates[i], &better, &better_local);

		if (r < 0)
			return r;
		if (r == 0 ||
			(path && better_local)) /* no better than the one that everybody reads */
			continue;
		free(path);
		path = TAKE_PTR(better);
		local = better_local;
	}
	*ret_local = path && local;
	*ret = TAKE_PTR(path);
	return 0;
}
