/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables of the kernel say which sockets take connections, /proc/PID/fd who has one: proc(5).
 */
#include "host/host-listener.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"

#define LISTENERS_MAX 4096 /* of one host */
#define STATE_LISTEN 0x0a
#define STATE_UNCONNECTED 0x07 /* of UDP */
#define UNIX_ACCEPTS 0x10000 /* __SO_ACCEPTCON */
#define EPHEMERAL_MIN 32768 /* where a sender of UDP gets a port when it asks for none */

void host_listeners_done(HostListeners *listeners)
{
	for (size_t i = 0; i < listeners->n; i++) {
		free(listeners->listeners[i].path);
		free(listeners->listeners[i].inode);
		free(listeners->listeners[i].unit);
		free(listeners->listeners[i].command);
		free(listeners->listeners[i].program);
	}
	free(listeners->listeners);
	*listeners = (HostListeners){ 0 };
}

static int add(HostListeners *all, unsigned int port, const char *path, const char *inode)
{
	HostListener *one;

	if (all->n >= LISTENERS_MAX)
		return 0;
	if (array_room(&all->listeners, all->n, sizeof(*all->listeners)) < 0)
		return -ENOMEM;
	one = &all->listeners[all->n++];
	*one = (HostListener){
		.port = port,
		.path = path ? strdup(path) : NULL,
		.inode = strdup(inode),
	};
	return one->inode && (one->path || !path) ? 0 : -ENOMEM;
}

int host_listeners_parse(char *text, bool udp, HostListeners *listeners)
{
	unsigned int wanted = udp ? STATE_UNCONNECTED : STATE_LISTEN;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		unsigned int port, state;
		char inode[24];

		if (sscanf(line,
			    " %*u: %*32[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*x %2x %*s %*s %*s %*s %*s %23[0-9]",
			    &port, &state, inode) != 3 ||
			state != wanted || port == 0 || (udp && port >= EPHEMERAL_MIN))
			continue;
		if (add(listeners, port, NULL, inode) < 0)
			return -ENOMEM;
	}
	return 0;
}

int host_listeners_parse_unix(char *text, HostListeners *listeners)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		unsigned int flags;
		char inode[24];
		int at = 0;

		if (sscanf(line, "%*x: %*x %*x %x %*x %*x %23[0-9] %n", &flags, inode, &at) != 2 ||
			!(flags & UNIX_ACCEPTS) || at == 0 || line[at] != '/')
			continue;
		if (add(listeners, 0, line + at, inode) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The unit at the end of the cgroup's path, or the one that it is a part of: "0::/system.slice/a.service/worker". */
static char *unit_of(const char *process)
{
	_cleanup_free_ char *path = path_join(process, "cgroup"), *text = NULL;
	_cleanup_strv_ char **parts = NULL;
	const char *unit = NULL;

	if (!path || file_read_optional(path, &text, NULL, NULL) <= 0 ||
		strv_split(&parts, text, "/\n") < 0)
		return NULL;
	STRV_FOREACH (part, parts) {
		const char *type = strrchr(*part, '.');

		if (type && strcmp(type, ".service") == 0 && strncmp(*part, "user@", 5) != 0)
			unit = *part;
	}
	return unit ? strdup(unit) : NULL;
}

static void describe(HostListener *one, const char *process)
{
	_cleanup_free_ char *name = path_join(process, "comm"), *link = path_join(process, "exe");
	char target[4096];
	ssize_t n = link ? readlink(link, target, sizeof(target) - 1) : -1;

	if (one->command || !name || file_read_optional(name, &one->command, NULL, NULL) <= 0)
		return;
	one->command[strcspn(one->command, "\n")] = '\0';
	target[n < 0 ? 0 : n] = '\0';
	one->program = n > 0 ? strdup(target) : NULL;
	one->unit = unit_of(process);
}

static void look_at(HostListeners *all, const char *process)
{
	_cleanup_free_ char *place = path_join(process, "fd");
	DIR *directory = place ? opendir(place) : NULL;
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char target[64], inode[24];
		ssize_t n = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

		target[n < 0 ? 0 : n] = '\0';
		if (sscanf(target, "socket:[%23[0-9]", inode) != 1)
			continue;
		for (size_t i = 0; i < all->n; i++)
			if (strcmp(all->listeners[i].inode, inode) == 0)
				describe(&all->listeners[i], process);
	}
	if (directory)
		(void)closedir(directory); /* read only */
}

/* Of one that ends meanwhile, or that we may not look at, nothing is known. */
static void find_holders(HostListeners *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		_cleanup_free_ char *process = NULL;

		if (*entry->d_name < '1' || *entry->d_name > '9')
			continue;
		process = path_join("/proc", entry->d_name);
		if (process)
			look_at(all, process);
	}
	if (proc)
		(void)closedir(proc); /* read only */
}

int host_listeners_read(HostListeners *ret)
{
	static const struct {
		const char *path;
		enum { TCP, UDP, UNIX } kind;
	} tables[] = { { "/proc/net/tcp", TCP }, { "/proc/net/tcp6", TCP },
		{ "/proc/net/udp", UDP }, { "/proc/net/udp6", UDP }, { "/proc/net/unix", UNIX } };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_free_ char *text = NULL;
		int r = file_read_optional(tables[i].path, &text, NULL, NULL);

		if (r > 0)
			r = tables[i].kind == UNIX
				    ? host_listeners_parse_unix(text, ret)
				    : host_listeners_parse(text, tables[i].kind == UDP, ret);
		if (r == -ENOMEM)
			return r;
	}
	if (ret->n > 0)
		find_holders(ret);
	return 0;
}

const HostListener *host_listeners_find(
	const HostListeners *listeners, unsigned int port, const char *path)
{
	for (size_t i = 0; i < listeners->n; i++) {
		const HostListener *one = &listeners->listeners[i];

		if (port ? one->port == port : one->path && path && (strcmp(one->path, path) == 0))
			return one;
	}
	return NULL;
}
