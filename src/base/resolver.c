/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * resolv.conf(5) of the host.
 */
#include "base/resolver.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"

const char *const resolver_files[RESOLVER_FILES] = { "/etc/resolv.conf",
	"/run/systemd/resolve/resolv.conf" };

/* Loopback, "any", which means it, and addresses that count on one link of the host. */
static bool is_hosts_alone(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	       strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0 ||
	       strncasecmp(address, "fe80:", 5) == 0;
}

typedef char ServerAddress[64];

static bool is_server(const char *line, ServerAddress ret)
{
	return sscanf(line, "nameserver%*1[ \t]%63s", ret) == 1;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

bool resolver_is_local(const char *text)
{
	ServerAddress address;

	for (const char *line = text; *line; line = next_line(line))
		if (is_server(line, address) && !is_hosts_alone(address))
			return false;
	return true;
}

int resolver_servers(const char *text, char ***ret)
{
	_cleanup_strv_ char **servers = NULL;
	ServerAddress address;
	int r = 0;

	for (const char *line = text; r == 0 && *line; line = next_line(line))
		if (is_server(line, address) && !is_hosts_alone(address))
			r = strv_append_unique(&servers, address);
	if (r == 0)
		*ret = TAKE_PTR(servers);
	return r;
}

static bool is_keyword(const char *line, const char *word)
{
	size_t size = strlen(word);

	return strncmp(line, word, size) == 0 && (line[size] == ' ' || line[size] == '\t');
}

static bool any_keyword(char *const *lines, const char *word)
{
	STRV_FOREACH (line, lines)
		if (is_keyword(*line, word))
			return true;
	return false;
}

char *resolver_compose(const char *text, char *const *lines, bool alone)
{
	bool servers = any_keyword(lines, "nameserver"), search = any_keyword(lines, "search"),
	     keep = alone || resolver_is_local(text);
	_cleanup_buf_ Buf buf = { 0 };
	char *composed = NULL;

	for (const char *line = text; *line; line = next_line(line)) {
		ServerAddress address;

		if (is_server(line, address) ? !servers && (keep || !is_hosts_alone(address))
			: is_keyword(line, "options") || is_keyword(line, "sortlist")
				? !servers
				: !search && (is_keyword(line, "search") ||
						     is_keyword(line, "domain")))
			buf_printf(&buf, "%.*s\n", (int)strcspn(line, "\n"), line);
	}
	STRV_FOREACH (line, lines)
		buf_printf(&buf, "%s\n", *line);
	(void)buf_take(&buf, &composed, NULL); /* NULL says so */
	return composed;
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

	for (size_t i = 0; local && i < RESOLVER_FILES; i++) {
		_cleanup_free_ char *better = NULL;
		bool better_local = true;
		int r = look_at(root_fd, resolver_files[i], &better, &better_local);

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
