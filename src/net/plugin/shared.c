/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all containers of the default network share.
 */
#include "net/plugin/shared.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "net/plugin/conntrack.h"
#include "net/plugin/forwarding.h"

#define PORTS_MAX 65536u /* as many as a subnet has addresses */
#define STALE_CHECKED_MAX 4u /* records of other containers that each leaving one looks at */

int shared_lock(int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "network.lock");

	return path ? file_lock(path, ret_fd, ret_error) : error_oom(ret_error);
}

/* Smack labels a packet like its sender, and the label stays on it from one network namespace to the next: the host's sockets would refuse what containers
 * answer. Without it a container is to them like the rest of the world. */
static bool kernel_labels_packets(void)
{
	return file_exists("/sys/fs/smackfs/load2");
}

static int load_firewall(Subnet subnet, char *const *opened, Error **ret_error)
{
	_cleanup_free_ Station *stations = NULL;
	_cleanup_free_ char *commands = NULL;
	_cleanup_free_ Port *ports = NULL;
	size_t count;
	int r;

	r = ports_list(PORTS_MAX, &ports, &count, ret_error);
	if (r < 0)
		return r;
	stations = calloc(count + 1, sizeof(*stations));
	if (!stations)
		return error_oom(ret_error);
	for (size_t i = 0; i < count; i++)
		stations[i] = ports[i].station;
	r = firewall_format(
		subnet, stations, count, opened, kernel_labels_packets(), &commands, ret_error);
	return r < 0 ? r : firewall_load(commands, ret_error);
}

static int make_bridge(Exchange *host, Subnet subnet, LinkInfo *ret, Error **ret_error)
{
	uint32_t gateway = htonl(subnet_gateway(subnet));
	IpAddress address = { .family = AF_INET, .prefix = subnet.prefix };
	int r;

	memcpy(address.bytes, &gateway, sizeof(gateway));
	link_add_bridge(host, NET_BRIDGE, net_bridge_mac);
	r = exchange_commit(host, NULL, NULL, ret_error);
	if (r == 0)
		r = link_get(host, NET_BRIDGE, ret, ret_error);
	if (r < 0)
		return r;
	link_no_ipv6_autoconf(host, ret->index);
	address_add(host, ret->index, &address);
	link_set_up(host, ret->index, NET_BRIDGE);
	return exchange_commit(host, NULL, NULL, ret_error);
}

/* The rules are there before the bridge, and forwarding comes last: at no time is a packet forwarded that the rules have not seen. That the kernel can forget
 * connections is seen here, and not when a container ends. */
static int make_all(
	Exchange *host, const Station *station, Subnet subnet, LinkInfo *bridge, Error **ret_error)
{
	_cleanup_strv_ char **opened = NULL;
	bool changed;
	int r;

	r = forwarding_plan(&opened, &changed, ret_error);
	if (r == 0)
		r = conntrack_forget(station->address, ret_error);
	if (r == 0)
		r = load_firewall(subnet, opened, ret_error);
	if (r == 0 && bridge->index == 0)
		r = make_bridge(host, subnet, bridge, ret_error);
	if (r == 0)
		r = forwarding_open(opened, ret_error);
	return r < 0 ? error_wrap(ret_error, "make the default network") : 0;
}

/* Looks up the bridge; index 0: there is none. 1: there is none, and an interface of somebody else's has its name. */
static int find_bridge(Exchange *host, LinkInfo *ret, Error **ret_error)
{
	int r;

	r = link_get(host, NET_BRIDGE, ret, ret_error);
	if (r < 0 || ret->index == 0)
		return r;
	if (strcmp(ret->kind, "bridge") != 0 || memcmp(ret->mac, net_bridge_mac, MAC_SIZE) != 0) {
		ret->index = 0;
		return 1;
	}
	return 0;
}

/* Interfaces come and go, and somebody may have made the host a router meanwhile. */
static int refresh_forwarding(Error **ret_error)
{
	_cleanup_strv_ char **opened = NULL;
	bool changed;
	int r = forwarding_plan(&opened, &changed, ret_error);

	if (r == 0 && changed)
		r = firewall_open(opened, ret_error);
	if (r == 0 && changed)
		r = forwarding_open(opened, ret_error);
	return r;
}

int shared_join(Exchange *host, const Port *port, Subnet subnet, int *ret_bridge, Error **ret_error)
{
	LinkInfo bridge;
	int r;

	r = ports_record(port, ret_error);
	if (r == 0)
		r = find_bridge(host, &bridge, ret_error);
	if (r > 0)
		r = error_set(ret_error, EEXIST,
			"the host has an interface %s that is not ours; rename or delete it",
			NET_BRIDGE);
	if (r < 0)
		return r;
	/* No table although there is a bridge: somebody flushed the rules. Then it is made again, for all. */
	r = bridge.index != 0 ? firewall_admit(&port->station, ret_error) : -ENOENT;
	if (r == -ENOENT)
		r = make_all(host, &port->station, subnet, &bridge, ret_error);
	else if (r == 0)
		r = refresh_forwarding(ret_error);
	if (r == 0)
		*ret_bridge = bridge.index;
	return r;
}

/* The link has gone. First nothing may pass any more, then nobody is asked who has the address, and then no new connection can come to those that are
 * forgotten. */
static int forget_port(Exchange *host, const Port *port, int bridge, Error **ret_error)
{
	int r = firewall_forget(&port->station, ret_error);

	if (r == 0 && bridge != 0) {
		neighbour_delete(host, bridge, port->station.address);
		r = exchange_commit(host, NULL, NULL, ret_error);
	}
	if (r == 0)
		r = conntrack_forget(port->station.address, ret_error);
	if (r == 0)
		r = ports_forget(port->name, ret_error);
	return r;
}

/* A container whose processes were all killed leaves its record; its link has gone with its namespace. Looking at a few of them
 * each time keeps the cost of leaving constant, and in the end finds them all. */
static int forget_stale(Exchange *host, int bridge, Error **ret_error)
{
	_cleanup_free_ Port *ports = NULL;
	size_t count;
	int r;

	r = ports_list(STALE_CHECKED_MAX, &ports, &count, ret_error);
	for (size_t i = 0; r == 0 && i < count; i++) {
		LinkInfo link;

		r = link_get(host, ports[i].name, &link, ret_error);
		if (r == 0 && link.index == 0)
			r = forget_port(host, &ports[i], bridge, ret_error);
	}
	return r;
}

/* In the opposite order of make_all(). */
static int remove_all(Exchange *host, const LinkInfo *bridge, Error **ret_error)
{
	_cleanup_free_ char *place = ports_place();
	int r;

	if (!place)
		return error_oom(ret_error);
	r = forwarding_close(ret_error);
	if (r < 0)
		return r;
	if (bridge->index != 0)
		link_delete(host, NET_BRIDGE);
	r = exchange_commit(host, NULL, NULL, ret_error);
	if (r == 0)
		r = firewall_remove(ret_error);
	if (r == 0 && rmdir(place) < 0 && errno != ENOENT && errno != ENOTEMPTY) /* bridged.c's */
		r = error_errno(ret_error, errno, "remove %s", place);
	return r < 0 ? error_wrap(ret_error, "remove the default network") : 0;
}

int shared_leave(Exchange *host, const char *name, Error **ret_error)
{
	LinkInfo bridge;
	Port port;
	int r;

	r = find_bridge(host, &bridge, ret_error);
	if (r >= 0)
		r = ports_read(name, &port, ret_error);
	if (r == 0)
		r = forget_port(host, &port, bridge.index, ret_error);
	if (r < 0 && r != -ENOENT) /* there may be no such record */
		return r;
	if (ports_remove_if_empty())
		return remove_all(host, &bridge, ret_error);
	r = forget_stale(host, bridge.index, ret_error);
	if (r == 0)
		r = refresh_forwarding(ret_error);
	if (r == 0 && ports_remove_if_empty())
		r = remove_all(host, &bridge, ret_error);
	return r;
}
