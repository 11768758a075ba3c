/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes of a unit are those in its cgroup; a socket is theirs if one has a descriptor of it; the kernel's tables say what it does.
 */
#include "host/unit-listen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/socket-table.h"

#define PORTS_MAX 1024

void listening_done(Listening *listening)
{
	free(listening->ports);
	strv_free(listening->sockets);
	*listening = (Listening){ 0 };
}

static int add(Listening *l, bool udp, unsigned int port, ListenReach reach)
{
	if (port == 0 || port > UINT16_MAX || (udp && port >= SOCKET_EPHEMERAL_MIN) ||
		l->n >= PORTS_MAX)
		return 0;
	for (size_t i = 0; i < l->n; i++) {
		ListenPort *known = &l->ports[i];

		if (known->udp != udp || known->port != port)
			continue;
		if (reach < known->reach)
			known->reach = reach;
		return 0;
	}
	if (array_room(&l->ports, l->n, sizeof(*l->ports)) < 0)
		return -ENOMEM;
	l->ports[l->n++] = (ListenPort){ .udp = udp, .port = (uint16_t)port, .reach = reach };
	return 0;
}

static ListenReach reach_of4(uint32_t address)
{
	return address == htonl(INADDR_ANY)		  ? LISTEN_ANYWHERE
	       : (ntohl(address) >> 24) == IN_LOOPBACKNET ? LISTEN_LOOPBACK
							  : LISTEN_ADDRESS;
}

static ListenReach reach_of6(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return reach_of4(address->s6_addr32[3]);
	return IN6_IS_ADDR_UNSPECIFIED(address) ? LISTEN_ANYWHERE
	       : IN6_IS_ADDR_LOOPBACK(address)	? LISTEN_LOOPBACK
						: LISTEN_ADDRESS;
}

/* The kernel prints an address as numbers of 32 bits, in the byte order of the machine. */
static bool parse_address(const char *text, ListenReach *ret)
{
	struct in6_addr address = { 0 };
	size_t n = strlen(text) / 8;

	if ((n != 1 && n != 4) || strlen(text) % 8 != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (sscanf(text + 8 * i, "%8x", &address.s6_addr32[i]) != 1)
			return false;
	*ret = n == 1 ? reach_of4(address.s6_addr32[0]) : reach_of6(&address);
	return true;
}

int listening_parse(char *text, bool udp, char *const *inodes, Listening *listening)
{
	ListenReach reach;
	SocketRow row;

	while (socket_table_next(&text, udp, &row))
		if (strv_contains(inodes, row.inode) && parse_address(row.address, &reach) &&
			add(listening, udp, row.port, reach) < 0)
			return -ENOMEM;
	return 0;
}

int listening_parse_socket(const char *text, Listening *listening)
{
	_cleanup_free_ char *address = strndup(text, strcspn(text, " "));
	bool udp = strstr(text, "(Datagram)") != NULL;
	char *colon = address ? strrchr(address, ':') : NULL, *host = address;
	struct in6_addr six;
	struct in_addr four;

	if (!address)
		return -ENOMEM;
	if (*address == '/')
		return udp ? 0 : strv_append_unique(&listening->sockets, address);
	if (!colon)
		return 0;
	*colon = '\0';
	if (*host == '[') {
		host[strcspn(host, "]")] = '\0';
		host++;
	}
	if (inet_pton(AF_INET, host, &four) == 1)
		return add(listening, udp, (unsigned int)strtoul(colon + 1, NULL, 10),
			reach_of4(four.s_addr));
	if (inet_pton(AF_INET6, host, &six) == 1)
		return add(listening, udp, (unsigned int)strtoul(colon + 1, NULL, 10),
			reach_of6(&six));
	return 0;
}

static int parse_unix(char *text, char *const *inodes, Listening *listening)
{
	SocketRow row;

	while (socket_table_next_unix(&text, &row))
		if (strv_contains(inodes, row.inode) &&
			strv_append_unique(&listening->sockets, row.path) < 0)
			return -ENOMEM;
	return 0;
}

/* The line of systemd's hierarchy: the only one of cgroup v2, or one with that name. */
static bool is_in_cgroup(const char *process, const char *cgroup)
{
	_cleanup_free_ char *path = path_join(process, "cgroup"), *text = NULL;
	char *rest, *line;

	if (!path || file_read_optional(path, &text, NULL, NULL) <= 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		const char *at =
			strncmp(line, "0::", 3) == 0 ? line + 3 : strstr(line, ":name=systemd:");

		if (at && at != line + 3)
			at += strlen(":name=systemd:");
		if (at && path_is_below(at, cgroup))
			return true;
	}
	return false;
}

typedef struct OwnSockets {
	const StopUnits *units;
	char **inodes;
} OwnSockets;

static int add_inode(const char *inode, void *data)
{
	OwnSockets *own = data;

	return strv_append_unique(&own->inodes, inode);
}

static int add_sockets(const char *process, void *data)
{
	const OwnSockets *own = data;
	int r = 0;

	for (size_t i = 0; r == 0 && i < own->units->n; i++)
		if (own->units->units[i].active && own->units->units[i].cgroup &&
			is_in_cgroup(process, own->units->units[i].cgroup))
			r = socket_each_inode(process, add_inode, data);
	return r;
}

static int read_tables(char *const *inodes, Listening *listening)
{
	_cleanup_free_ char *sockets = NULL;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < SOCKET_TABLES; i++) {
		_cleanup_free_ char *text = NULL;

		r = file_read_optional(socket_tables[i].path, &text, NULL, NULL);
		if (r > 0)
			r = listening_parse(text, socket_tables[i].udp, inodes, listening);
	}
	if (r >= 0)
		r = file_read_optional(SOCKET_TABLE_UNIX, &sockets, NULL, NULL);
	return r > 0 ? parse_unix(sockets, inodes, listening) : r;
}

static int by_number(const void *a, const void *b)
{
	const ListenPort *x = a, *y = b;

	return x->port != y->port ? (int)x->port - (int)y->port : (int)x->udp - (int)y->udp;
}

int unit_listening(const StopUnits *units, Listening *ret, Error **ret_error)
{
	_cleanup_listening_ Listening listening = { 0 };
	OwnSockets own = { units, NULL };
	int r = socket_each_process(add_sockets, &own);

	if (r == 0)
		r = read_tables(own.inodes, &listening);
	strv_free(own.inodes);
	for (size_t i = 0; r >= 0 && i < units->n; i++)
		STRV_FOREACH (text, units->units[i].listen)
			if (units->units[i].active && r >= 0)
				r = listening_parse_socket(*text, &listening);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot find out where %s listens",
			units->n > 0 ? units->units[0].name : "nothing");
	if (listening.n > 0)
		qsort(listening.ports, listening.n, sizeof(*listening.ports), by_number);
	*ret = listening;
	listening = (Listening){ 0 };
	return 0;
}
