/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all containers of the default network share.
 */
#include "net/plugin/shared.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "net/names.h"
#include "net/network-watch.h"
#include "net/plugin/bandwidth.h"
#include "net/plugin/conntrack.h"
#include "net/plugin/forwarding.h"
#include "net/plugin/publish.h"
#include "net/plugin/reach.h"

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

static int load_firewall(const Network *network, char *const *opened, Error **ret_error)
{
	_cleanup_free_ Station *stations = NULL;
	_cleanup_free_ char *commands = NULL, *all = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	_cleanup_free_ Port *ports = NULL;
	size_t count;
	int r = ports_list(network->bridge, PORTS_MAX, &ports, &count, ret_error);
	if (r < 0)
		return r;
	stations = calloc(count + 1, sizeof(*stations));
	if (!stations)
		return error_oom(ret_error);
	for (size_t i = 0; i < count; i++)
		stations[i] = ports[i].station;
	r = firewall_format(
		network, stations, count, opened, kernel_labels_packets(), &commands, ret_error);
	if (r < 0)
		return r;
	buf_puts(&buf, commands);
	r = publish_format(network->bridge, &buf, ret_error);
	if (r == 0)
		r = reach_format(network->bridge, &buf, ret_error);
	if (r == 0)
		r = buf_take(&buf, &all, ret_error);
	return r < 0 ? r : firewall_load(network, all, ret_error);
}

/* Siblings reach each other through the host, where the table lets them. If somebody takes that away, the host routes nothing between them. */
static void add_rules(Exchange *host, const Network *network)
{
	const IpAddress subnet = ip_from_v4(network->subnet.network, network->subnet.prefix);

	rules_add_marked(host, network->bridge, &subnet, FIREWALL_MARK);
	if (network->prefix6.family == AF_INET6)
		rules_add_marked(host, network->bridge, &network->prefix6, FIREWALL_MARK);
}

static void delete_rules(Exchange *host, const char *bridge)
{
	rules_delete_marked(host, bridge, AF_INET);
	if (file_exists("/proc/net/if_inet6")) /* the kernel has IPv6 */
		rules_delete_marked(host, bridge, AF_INET6);
}

/* What it has already is success. */
static int dress_bridge(Exchange *host, const Network *network, int index, Error **ret_error)
{
	IpAddress address = ip_from_v4(subnet_gateway(network->subnet), network->subnet.prefix),
		  address6 = network_gateway6(network);

	link_no_ipv6_autoconf(host, index);
	address_add(host, index, &address);
	if (address6.family == AF_INET6)
		address_add(host, index, &address6);
	add_rules(host, network);
	link_set_up(host, index, network->bridge);
	return exchange_commit(host, NULL, NULL, ret_error);
}

static int make_bridge(Exchange *host, const Network *network, LinkInfo *ret, Error **ret_error)
{
	uint8_t mac[MAC_SIZE];
	int r;

	network_bridge_mac(network, mac);
	link_add_bridge(host, network->bridge, mac);
	r = exchange_commit(host, NULL, NULL, ret_error);
	if (r == 0)
		r = link_get(host, network->bridge, ret, ret_error);
	return r < 0 ? r : dress_bridge(host, network, ret->index, ret_error);
}

/* Tells the tables of our networks but this one, which may be NULL, who forwards because of us. */
static int open_others(const Network *but, char *const *opened, Error **ret_error)
{
	_cleanup_strv_ char **bridges = NULL;
	int r = ports_bridges(&bridges, ret_error);

	STRV_FOREACH (bridge, bridges)
		if (r == 0 && (!but || strcmp(*bridge, but->bridge) != 0)) {
			r = firewall_open(*bridge, opened, ret_error);
			r = r == -ENOENT ? 0
					 : r; /* flushed; with all of it when it is loaded again */
		}
	return r;
}

/* The rules are there before the bridge, and forwarding comes last: at no time is a packet forwarded that the rules have not seen. That the kernel can forget
 * connections is seen here, and not when a container ends. */
static int make_all(Exchange *host, const Network *network, LinkInfo *bridge, Error **ret_error)
{
	_cleanup_strv_ char **opened = NULL;
	bool changed;
	int r = forwarding_plan(&opened, &changed, ret_error);
	if (r == 0)
		r = conntrack_check(ret_error);
	if (r == 0)
		r = load_firewall(network, opened, ret_error);
	if (r == 0 && changed)
		r = open_others(network, opened, ret_error);
	if (r == 0 && bridge->index == 0)
		r = make_bridge(host, network, bridge, ret_error);
	if (r == 0)
		r = forwarding_open(network->bridge, opened, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot create the network %s", network->name) : 0;
}

/* Looks up the bridge; index 0: there is none. 1: there is none, and an interface of somebody else's has its name. */
static int find_bridge(Exchange *host, const char *name, LinkInfo *ret, Error **ret_error)
{
	Network network = { 0 };
	uint8_t mac[MAC_SIZE];
	int r;

	(void)snprintf(network.bridge, sizeof(network.bridge), "%s", name);
	network_bridge_mac(&network, mac);
	r = link_get(host, name, ret, ret_error);
	if (r < 0 || ret->index == 0)
		return r;
	if (strcmp(ret->kind, "bridge") != 0 || memcmp(ret->mac, mac, MAC_SIZE) != 0) {
		ret->index = 0;
		return 1;
	}
	return 0;
}

static int find_own_bridge(Exchange *host, const Network *network, LinkInfo *ret, Error **ret_error)
{
	int r = find_bridge(host, network->bridge, ret, ret_error);

	return r > 0 ? error_set(ret_error, EEXIST,
			       "the host has an interface %s that is not ours; rename or delete it",
			       network->bridge)
		     : r;
}

/* Interfaces come and go, and somebody may have made the host a router meanwhile. */
static int refresh_forwarding(Error **ret_error)
{
	_cleanup_strv_ char **opened = NULL;
	bool changed;
	int r = forwarding_plan(&opened, &changed, ret_error);

	if (r == 0 && changed)
		r = open_others(NULL, opened, ret_error);
	if (r == 0 && changed)
		r = forwarding_open(NULL, opened, ret_error);
	return r;
}

int shared_join(Exchange *host, const Port *port, const Network *network, int *ret_bridge,
	Error **ret_error)
{
	LinkInfo bridge;
	int r = ports_record(port, ret_error);
	if (r == 0)
		r = find_own_bridge(host, network, &bridge, ret_error);
	if (r < 0)
		return r;
	/* No table although there is a bridge: somebody flushed the rules. Then it is made again, for all. */
	r = bridge.index != 0 ? firewall_admit(network->bridge, &port->station, ret_error)
			      : -ENOENT;
	if (r == -ENOENT)
		r = make_all(host, network, &bridge, ret_error);
	else if (r == 0)
		r = refresh_forwarding(ret_error);
	if (r == 0)
		*ret_bridge = bridge.index;
	return r;
}

int shared_network(const char *name, Network *ret, Error **ret_error)
{
	int r = network_load(name ? name : NETWORK_DEFAULT, ret, ret_error);

	if (r == 0 && network_ipv6_is_off())
		ret->prefix6 = (IpAddress){ 0 };
	return r;
}

int shared_make_whole(Exchange *host, const Network *network, int *ret_bridge, bool *ret_changed,
	Error **ret_error)
{
	LinkInfo bridge;
	int r = find_own_bridge(host, network, &bridge, ret_error), whole = 0;

	if (r == 0 && bridge.index != 0)
		whole = firewall_is_whole(network, kernel_labels_packets(), ret_error);
	if (r < 0 || whole < 0)
		return r < 0 ? r : whole;
	*ret_changed =
		!whole || !network_has_address(network->bridge, subnet_gateway(network->subnet));
	if (!whole)
		r = make_all(host, network, &bridge, ret_error);
	if (r == 0 && *ret_changed)
		r = dress_bridge(host, network, bridge.index, ret_error);
	if (r == 0)
		*ret_bridge = bridge.index;
	return r;
}

/* Of one that was killed: of another its addresses have gone before. */
static int forget_name(const Port *port, Error **ret_error)
{
	char v4[IPV4_TEXT_SIZE], v6[INET6_ADDRSTRLEN];
	char *addresses[] = { v4, NULL, NULL };

	ipv4_format(port->station.address, 0, v4);
	if (port->station.address6.family == AF_INET6 &&
		inet_ntop(AF_INET6, port->station.address6.bytes, v6, sizeof(v6)))
		addresses[1] = v6;
	return names_remove(port->container, addresses, ret_error);
}

/* The link has gone. First nothing may pass any more, then nobody is asked who has the address, and then no new connection can come to those that are
 * forgotten. */
static int forget_port(Exchange *host, const Port *port, int bridge, Error **ret_error)
{
	const IpAddress address = ip_from_v4(port->station.address, 32),
			*address6 = &port->station.address6;
	int r = publish_leave(port->name, ret_error);

	if (r == 0)
		r = reach_leave(port, ret_error);
	if (r == 0)
		r = firewall_forget(port->bridge, &port->station, ret_error);

	if (r == 0 && bridge != 0) {
		bandwidth_forget(host, port->name);
		neighbour_delete(host, bridge, &address);
		if (address6->family == AF_INET6)
			neighbour_delete(host, bridge, address6);
		r = exchange_commit(host, NULL, NULL, ret_error);
	}
	if (r == 0)
		r = conntrack_forget(&address, ret_error);
	if (r == 0 && address6->family == AF_INET6)
		r = conntrack_forget(address6, ret_error);
	if (r == 0) /* last: a bad name must not leave rules behind */
		r = forget_name(port, ret_error);
	if (r == 0)
		r = ports_forget(port, ret_error);
	return r;
}

/* A container whose processes were all killed leaves its record; its link has gone with its namespace. Looking at a few of them
 * each time keeps the cost of leaving constant, and in the end finds them all. */
static int forget_stale(Exchange *host, const char *name, int bridge, Error **ret_error)
{
	_cleanup_free_ Port *ports = NULL;
	size_t count;
	int r = ports_list(name, STALE_CHECKED_MAX, &ports, &count, ret_error);
	for (size_t i = 0; r == 0 && i < count; i++) {
		LinkInfo link;

		r = link_get(host, ports[i].name, &link, ret_error);
		if (r == 0 && link.index == 0)
			r = forget_port(host, &ports[i], bridge, ret_error);
	}
	return r;
}

/* In the opposite order of make_all(). What forwards because of us does so until the last of our networks has gone. */
static int remove_all(Exchange *host, const char *name, const LinkInfo *bridge, Error **ret_error)
{
	_cleanup_free_ char *place = ports_place();
	_cleanup_strv_ char **others = NULL;
	int r = place ? ports_bridges(&others, ret_error) : error_oom(ret_error);

	if (r == 0 && !others)
		r = forwarding_close(ret_error);
	if (r < 0)
		return r;
	delete_rules(host, name);
	if (bridge->index != 0)
		link_delete(host, name);
	r = exchange_commit(host, NULL, NULL, ret_error);
	if (r == 0)
		r = firewall_remove(name, ret_error);
	network_found_forget(name);
	if (r == 0 && rmdir(place) < 0 && errno != ENOENT && errno != ENOTEMPTY) /* another's */
		r = error_errno(ret_error, errno, "cannot remove %s", place);
	return r < 0 ? error_wrap(ret_error, "cannot remove the network of bridge %s", name) : 0;
}

static int leave_bridge(Exchange *host, const char *name, const Port *port, Error **ret_error)
{
	LinkInfo bridge;
	int r = find_bridge(host, name, &bridge, ret_error);

	if (r >= 0)
		r = port ? forget_port(host, port, bridge.index, ret_error) : 0;
	if (r < 0)
		return r;
	if (ports_remove_if_empty(name))
		return remove_all(host, name, &bridge, ret_error);
	r = forget_stale(host, name, bridge.index, ret_error);
	if (r == 0)
		r = refresh_forwarding(ret_error);
	if (r == 0 && ports_remove_if_empty(name))
		r = remove_all(host, name, &bridge, ret_error);
	return r;
}

int shared_leave(Exchange *host, const char *name, Error **ret_error)
{
	_cleanup_strv_ char **bridges = NULL;
	Port port;
	int r = ports_read(name, &port, ret_error);

	if (r != -ENOENT)
		return r < 0 ? r : leave_bridge(host, port.bridge, &port, ret_error);
	r = ports_bridges(&bridges, ret_error); /* a start may have got half-way */
	STRV_FOREACH (bridge, bridges)
		r = r == 0 ? leave_bridge(host, *bridge, NULL, ret_error) : r;
	return r;
}
