/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of the ports of our networks. A record is a symbolic link NAME -> "MAC ADDRESS CONTAINER [IPV6-ADDRESS]", in a folder for each bridge: made and read in one
 * system call each, never half-written.
 */
#include "net/plugin/ports.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"

#define RECORD_SIZE 192 /* bytes of a record with its NUL: addresses and a container's name */

/* The point keeps it apart from the containers' own folders, whose names begin with a letter or digit. */
char *ports_place(void)
{
	return layout_pathf(LAYOUT_RUN, ".network");
}

#define FOLDER "ports" /* of the default network; of another with .BRIDGE behind it */

static char *ports_path(const char *bridge)
{
	bool named = strcmp(bridge, NET_BRIDGE) != 0;

	return layout_pathf(
		LAYOUT_RUN, ".network/" FOLDER "%s%s", named ? "." : "", named ? bridge : "");
}

/* An O_PATH descriptor would not do for reading the folder. */
static int open_ports(const char *bridge, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = ports_path(bridge);
	int fd;

	if (!path)
		return error_oom(ret_error);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", path);
	*ret_fd = fd;
	return 0;
}

static int parse_record(const char *text, Port *port)
{
	_cleanup_strv_ char **fields = NULL;
	IpAddress ip;

	if (strv_split(&fields, text, " ") < 0)
		return -ENOMEM;
	if (strv_length(fields) < 3 || strv_length(fields) > 4 ||
		mac_parse(fields[0], port->station.mac) < 0 || ip_parse(fields[1], &ip) < 0 ||
		strlen(fields[2]) >= sizeof(port->container) ||
		(fields[3] && ip_parse(fields[3], &port->station.address6) < 0))
		return -EBADMSG;
	port->station.address = ip_v4(&ip);
	(void)snprintf(port->container, sizeof(port->container), "%s", fields[2]);
	return 0;
}

static int read_record(int dirfd, const char *bridge, const char *name, Port *ret)
{
	char text[RECORD_SIZE];
	Port port = { 0 };
	ssize_t n;
	int r;

	if (strlen(name) >= sizeof(port.name))
		return -EBADMSG;
	n = readlinkat(dirfd, name, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	(void)snprintf(port.name, sizeof(port.name), "%s", name);
	(void)snprintf(port.bridge, sizeof(port.bridge), "%s", bridge);
	r = parse_record(text, &port);
	if (r == 0)
		*ret = port;
	return r;
}

int ports_read(const char *name, Port *ret, Error **ret_error)
{
	_cleanup_strv_ char **bridges = NULL;
	int r = ports_bridges(&bridges, ret_error);

	if (r < 0)
		return r;
	STRV_FOREACH (bridge, bridges) {
		_cleanup_fd_ int fd = -EBADF;

		r = open_ports(*bridge, &fd, NULL);
		if (r == 0)
			r = read_record(fd, *bridge, name, ret);
		if (r == 0)
			return 0;
		if (r != -ENOENT)
			return error_errno(
				ret_error, -r, "cannot read the record of the port %s", name);
	}
	return -ENOENT;
}

int ports_record(const Port *port, Error **ret_error)
{
	_cleanup_free_ char *path = ports_path(port->bridge);
	char text[RECORD_SIZE], mac[MAC_TEXT_SIZE], address[IPV4_TEXT_SIZE];
	char address6[INET6_ADDRSTRLEN] = "";
	_cleanup_fd_ int fd = -EBADF;
	Port other;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = file_mkdir_p(path, 0700, ret_error);
	if (r == 0)
		r = open_ports(port->bridge, &fd, ret_error);
	if (r < 0)
		return r;
	if (read_record(fd, port->bridge, port->name, &other) == 0 &&
		strcmp(other.container, port->container) != 0)
		return error_set(ret_error, EEXIST, "the interface %s belongs to container %s",
			port->name, other.container);
	if (unlinkat(fd, port->name, 0) < 0 && errno != ENOENT)
		return error_errno(
			ret_error, errno, "cannot replace the record of the port %s", port->name);
	mac_format(port->station.mac, mac);
	ipv4_format(port->station.address, 0, address);
	if (port->station.address6.family == AF_INET6)
		(void)inet_ntop(AF_INET6, port->station.address6.bytes, address6,
			sizeof(address6)); /* it fits */
	(void)snprintf(text, sizeof(text), "%s %s %s %s", mac, address, port->container, address6);
	if (symlinkat(text, fd, port->name) < 0)
		return error_errno(
			ret_error, errno, "cannot record the port %s in %s", port->name, path);
	return 0;
}

int ports_forget(const Port *port, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = open_ports(port->bridge, &fd, NULL);
	if (r == -ENOENT)
		return 0;
	if (r == 0 && unlinkat(fd, port->name, 0) < 0 && errno != ENOENT)
		r = -errno;
	return r < 0 ? error_errno(
			       ret_error, -r, "cannot remove the record of the port %s", port->name)
		     : 0;
}

int ports_list(const char *bridge, size_t max, Port **ret, size_t *ret_count, Error **ret_error)
{
	_cleanup_free_ Port *ports = NULL;
	_cleanup_strv_ char **names = NULL;
	_cleanup_fd_ int fd = -EBADF;
	size_t count = 0;
	int r = open_ports(bridge, &fd, ret_error);

	if (r < 0)
		return r;
	r = file_list_fd(fd, &names);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot list the ports");
	STRV_FOREACH (name, names) {
		if (count == max)
			break;
		if (array_room(&ports, count, sizeof(*ports)) < 0)
			return error_oom(ret_error);
		if (read_record(fd, bridge, *name, &ports[count]) == 0)
			count++;
	}
	*ret = TAKE_PTR(ports);
	*ret_count = count;
	return 0;
}

int ports_bridges(char ***ret, Error **ret_error)
{
	_cleanup_free_ char *place = ports_place();
	_cleanup_strv_ char **names = NULL, **bridges = NULL;
	int r = place ? file_list(place, "", &names, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		const char *rest = *name + strlen(FOLDER);

		if (strncmp(*name, FOLDER, strlen(FOLDER)) == 0 &&
			(*rest == '\0' || *rest == '.') &&
			strv_append(&bridges, *rest ? rest + 1 : NET_BRIDGE) < 0)
			return error_oom(ret_error);
	}
	*ret = TAKE_PTR(bridges);
	return 0;
}

bool ports_remove_if_empty(const char *bridge)
{
	_cleanup_free_ char *path = ports_path(bridge);

	return path && (rmdir(path) == 0 || errno == ENOENT);
}

ReachSide ports_side(const Port *port, const ReachSaid *said)
{
	return (ReachSide){ .container = port->container,
		.address = ip_from_v4(port->station.address, 32),
		.address6 = port->station.address6,
		.said = said };
}
