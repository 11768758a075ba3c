/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * resolv.conf(5) of the host.
 */
#include "base/resolver.h"

#include <fcntl.h>
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
	found = path_of_fd(-EBADF, root_fd, fd);
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
