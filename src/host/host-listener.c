/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who holds a socket costs a look at each descriptor of the machine, so it is asked only of a machine where a listener matters.
 */
#include "host/host-listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/socket-table.h"

#define LISTENERS_MAX 4096 /* of one host */

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

static int add(HostListeners *all, const SocketRow *row)
{
	HostListener *one;

	if (all->n >= LISTENERS_MAX)
		return 0;
	if (array_room(&all->listeners, all->n, sizeof(*all->listeners)) < 0)
		return -ENOMEM;
	one = &all->listeners[all->n++];
	*one = (HostListener){
		.port = row->port,
		.path = row->path ? strdup(row->path) : NULL,
		.inode = strdup(row->inode),
	};
	return one->inode && (one->path || !row->path) ? 0 : -ENOMEM;
}

int host_listeners_parse(char *text, bool udp, HostListeners *listeners)
{
	SocketRow row;

	while (socket_table_next(&text, udp, &row))
		if (add(listeners, &row) < 0)
			return -ENOMEM;
	return 0;
}

int host_listeners_parse_unix(char *text, HostListeners *listeners)
{
	SocketRow row;

	while (socket_table_next_unix(&text, &row))
		if (add(listeners, &row) < 0)
			return -ENOMEM;
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

typedef struct Holder {
	HostListeners *all;
	const char *process;
} Holder;

static int describe_those_of(const char *inode, void *data)
{
	const Holder *holder = data;

	for (size_t i = 0; i < holder->all->n; i++)
		if (strcmp(holder->all->listeners[i].inode, inode) == 0)
			describe(&holder->all->listeners[i], holder->process);
	return 0;
}

static int look_at(const char *process, void *data)
{
	Holder holder = { data, process };

	return socket_each_inode(process, describe_those_of, &holder);
}

int host_listeners_find_holders(HostListeners *listeners)
{
	int r = listeners->held ? 0 : socket_each_process(look_at, listeners);

	listeners->held = true;
	return r == -ENOMEM ? r : 0;
}

int host_listeners_read(HostListeners *ret)
{
	_cleanup_free_ char *sockets = NULL;
	int r = 0;

	for (size_t i = 0; i < SOCKET_TABLES && r != -ENOMEM; i++) {
		_cleanup_free_ char *text = NULL;

		r = file_read_optional(socket_tables[i].path, &text, NULL, NULL);
		if (r > 0)
			r = host_listeners_parse(text, socket_tables[i].udp, ret);
	}
	if (r != -ENOMEM)
		r = file_read_optional(SOCKET_TABLE_UNIX, &sockets, NULL, NULL);
	if (r > 0)
		r = host_listeners_parse_unix(sockets, ret);
	return r == -ENOMEM ? r : 0;
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
