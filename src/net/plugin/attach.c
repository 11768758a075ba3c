/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "net/plugin/attaching.h"
#include "net/own-network.h"
#include "net/plugin/bandwidth.h"
#include "net/plugin/bridge-port.h"
#include "net/plugin/bridged.h"
#include "net/plugin/forwarding.h"
#include "net/plugin/hostdev.h"
#include "net/plugin/rtnetlink.h"
#include "net/plugin/reach.h"
#include "net/plugin/shared.h"

#define BRIDGE_PORTS_MAX 1023u /* BR_MAX_PORTS of the kernel, without number 0 */
#define STACK_MAX 8 /* interfaces on interfaces; the kernel's own limit (MAX_NEST_DEV) */
#define MTU_DEFAULT 1500u /* bytes; what a bridge without hardware has */

bool link_is_ours(const LinkInfo *link)
{
	return link->index != 0 && (net_name_is_ours(link->name) || strcmp(link->alias, OURS) == 0);
}

/* A name that the administrator has chosen may be another's. One of ours is left from a run that was killed. */
static int make_room(Attaching *a, Error **ret_error)
{
	LinkInfo link;
	int r = link_get(a->host, a->host_name, &link, ret_error);

	if (r < 0 || link.index == 0)
		return r;
	if (!link_is_ours(&link))
		return error_set(ret_error, EEXIST,
			"the host has an interface %s already; give another name", a->host_name);
	link_delete(a->host, a->host_name);
	return 0;
}

/* A veth whose host side is a locked port of the bridge. A link of that name is left from a run that was killed. */
static int make_veth(Attaching *a, int bridge, uint32_t mtu, bool isolated, Error **ret_error)
{
	uint32_t own_mtu = a->link->mtu ? a->link->mtu : mtu;
	VethSpec spec = { .name = a->host_name,
		.bridge = bridge,
		.peer_name = a->inside_name,
		.peer_netns_fd = a->netns_fd,
		.mtu = mtu,
		.peer_mtu = own_mtu };
	int r;

	if (own_mtu > mtu)
		return error_set(ret_error, EINVAL,
			"mtu=%u is more than the %u of the bridge; give a smaller one", own_mtu,
			mtu);
	memcpy(spec.peer_mac, a->mac, MAC_SIZE);
	r = net_name_is_ours(a->host_name) ? 0 : make_room(a, ret_error);
	if (r < 0)
		return r;
	link_add_veth(a->host, &spec);
	r = exchange_commit(a->host, NULL, NULL, ret_error);
	if (r == -EEXIST && net_name_is_ours(a->host_name)) {
		link_delete(a->host, a->host_name);
		link_add_veth(a->host, &spec);
		r = exchange_commit(a->host, NULL, NULL, ret_error);
	}
	if (r == -EXFULL)
		return error_set(ret_error, ENOSPC,
			"the bridge %s already has %u ports, the most that the kernel supports; use "
			"another network (virt-sandbox-service network create)",
			a->bridge, BRIDGE_PORTS_MAX);
	if (r == 0 && !net_name_is_ours(a->host_name)) {
		LinkInfo link;

		r = link_get(a->host, a->host_name, &link, ret_error);
		if (r == 0)
			link_set_alias(a->host, link.index, OURS);
	}
	if (r == 0)
		r = bridge_port_dress(a->host, a->host_name, a->mac, isolated, ret_error);
	return r < 0 ? r : bandwidth_set(a->host, a->link, ret_error);
}

static int make_port(Attaching *a, const Network *network, Port *port, Error **ret_error)
{
	IpAddress address;

	if (!a->link->addresses || ip_parse(a->link->addresses[0], &address) < 0 ||
		address.family != AF_INET || !subnet_contains(network->subnet, ip_v4(&address)))
		return error_set(ret_error, EINVAL, "it has no address reserved in the network %s",
			network->name);
	(void)snprintf(port->name, sizeof(port->name), "%s", a->host_name);
	(void)snprintf(port->bridge, sizeof(port->bridge), "%s", network->bridge);
	(void)snprintf(a->bridge, sizeof(a->bridge), "%s", network->bridge);
	(void)snprintf(port->container, sizeof(port->container), "%s", a->container);
	port->station.address = ip_v4(&address);
	port->station.address6 = network_address6(network, port->station.address);
	memcpy(port->station.mac, a->mac, MAC_SIZE);
	return 0;
}

/* The host's side answers as it is said here, whatever a sibling would say. */
static void add_ipv6(Attaching *a, const Network *network, const IpAddress *address, int index)
{
	IpAddress gateway = network_gateway6(network), own = *address;
	uint8_t mac[MAC_SIZE];

	own.prefix = network->prefix6.prefix;
	network_bridge_mac(network, mac);
	address_add_alone(a->inside, index, &own);
	neighbour_add(a->inside, index, &gateway, mac);
}

/* Nothing but the host is beside a container: it knows which siblings may reach each other, and their ports are isolated. */
static void add_routes(Attaching *a, const Network *network, int index)
{
	const IpAddress subnet = ip_from_v4(network->subnet.network, network->subnet.prefix);
	const IpAddress gateway = ip_from_v4(subnet_gateway(network->subnet), 32),
			gateway6 = network_gateway6(network);

	if (a->again || a->link->down)
		return;
	route_add_network(a->inside, index, &subnet, &gateway);
	if (gateway6.family == AF_INET6)
		route_add_network(a->inside, index, &network->prefix6, &gateway6);
	if (!a->first || network->mode == NETWORK_ISOLATED)
		return;
	if (!a->routes_v4)
		route_add(a->inside, index, NULL, &gateway);
	if (gateway6.family == AF_INET6 && !a->routes_v6 && forwarding_has_ipv6())
		route_add(a->inside, index, NULL, &gateway6);
}

static int attach_default(Attaching *a, Error **ret_error)
{
	IpAddress address;
	int bridge, index = 0, r;
	Port port = { 0 };
	Network network;

	r = shared_network(a->link->source, &network, ret_error);
	if (r == 0)
		r = make_port(a, &network, &port, ret_error);
	if (r == 0)
		r = shared_join(a->host, &port, &network, &bridge, ret_error);
	if (r < 0)
		return r;
	address = ip_from_v4(port.station.address, 32);
	neighbour_add(a->host, bridge, &address, a->mac);
	if (port.station.address6.family == AF_INET6)
		neighbour_add(a->host, bridge, &port.station.address6, a->mac);
	r = make_veth(a, bridge, MTU_DEFAULT, true, ret_error);
	if (r == 0)
		r = inside_index(a, a->inside_name, &index, ret_error);
	if (r < 0)
		return r;
	inside_know_ipv6(a);
	link_no_ipv6_autoconf(a->inside, index);
	address.prefix = network.subnet.prefix;
	address_add_alone(a->inside, index, &address);
	if (port.station.address6.family == AF_INET6)
		add_ipv6(a, &network, &port.station.address6, index);
	r = inside_add_described(a, index, ret_error);
	if (r == 0)
		add_routes(a, &network, index);
	if (r == 0)
		r = reach_change(&port, &network, a->link, ret_error);
	return r == 0 && a->link->published ? publish_link(a->link, &port, false, ret_error) : r;
}

/* On our own bridge nothing but our ports is isolated: whoever sat there otherwise, or on something that is made on it, would be among all containers. */
static int refuse_ours(Attaching *a, LinkInfo link, Error **ret_error)
{
	int r = 0;

	for (int depth = 0; r == 0 && link.index != 0 && depth < STACK_MAX; depth++) {
		int next = link.master ? link.master : link.lower;

		if (net_name_is_ours(link.name))
			return error_set(ret_error, EINVAL,
				"source=%s is, or is made on, %s, which is for the default network "
				"only",
				a->link->source, link.name);
		link.index = 0;
		if (next != 0)
			r = link_get_index(a->host, next, &link, ret_error);
	}
	return r;
}

static int find_source(Attaching *a, LinkInfo *ret, Error **ret_error)
{
	int r = link_get(a->host, a->link->source, ret, ret_error);
	if (r == 0 && ret->index == 0)
		r = error_set(ret_error, ENODEV, "the host has no interface %s", a->link->source);
	return r < 0 ? r : refuse_ours(a, *ret, ret_error);
}

static int attach_bridge(Attaching *a, Error **ret_error)
{
	LinkInfo bridge;
	int index = 0, r;

	r = find_source(a, &bridge, ret_error);
	if (r < 0)
		return r;
	if (strcmp(bridge.kind, "bridge") != 0)
		return error_set(ret_error, EINVAL, "the host's interface %s is not a bridge",
			a->link->source);
	(void)snprintf(a->bridge, sizeof(a->bridge), "%s", bridge.name);
	r = bridged_join(a->host_name, ret_error);
	if (r < 0)
		return r;
	link_pin_mac(a->host, bridge.index, bridge.mac);
	r = make_veth(a, bridge.index, bridge.mtu, false, ret_error);
	if (r == 0)
		r = inside_index(a, a->inside_name, &index, ret_error);
	return r < 0 ? r : inside_add_described(a, index, ret_error);
}

/* Made under the name of the host's side: the kernel may refuse a name that the host has, too, and eth0 is such a one. */
static int attach_upper(Attaching *a, Error **ret_error)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} modes[] = { { "private", MACVLAN_MODE_PRIVATE }, { "vepa", MACVLAN_MODE_VEPA },
		{ "bridge", MACVLAN_MODE_BRIDGE }, { "passthrough", MACVLAN_MODE_PASSTHRU } };
	UpperSpec spec = { .name = a->host_name, .netns_fd = a->netns_fd, .mtu = a->link->mtu };
	uint32_t mode = MACVLAN_MODE_PRIVATE;
	LinkInfo parent;
	int index = 0, r;

	r = find_source(a, &parent, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; a->link->mode && i < ARRAY_SIZE(modes); i++)
		mode = strcmp(a->link->mode, modes[i].name) == 0 ? modes[i].mode : mode;
	spec.parent = parent.index;
	memcpy(spec.mac, a->mac, MAC_SIZE);
	if (a->link->kind == ATTACHMENT_VLAN)
		link_add_vlan(a->host, &spec, a->link->vlan);
	else
		link_add_macvlan(a->host, &spec, mode);
	r = exchange_commit(a->host, NULL, NULL, ret_error);
	if (r == 0)
		r = inside_index(a, a->host_name, &index, ret_error);
	if (r < 0)
		return r;
	link_rename(a->inside, index, a->inside_name);
	return inside_add_described(a, index, ret_error);
}

/* The other end is the administrator's to use: it is up, without an address, and marked so that nobody else's of that name is deleted. */
static int attach_ethernet(Attaching *a, Error **ret_error)
{
	VethSpec spec = { .name = a->host_name,
		.peer_name = a->inside_name,
		.peer_netns_fd = a->netns_fd,
		.mtu = a->link->mtu ? a->link->mtu : MTU_DEFAULT };
	LinkInfo link;
	int index = 0, r;

	r = make_room(a, ret_error);
	if (r < 0)
		return r;
	spec.peer_mtu = spec.mtu;
	memcpy(spec.peer_mac, a->mac, MAC_SIZE);
	link_add_veth(a->host, &spec);
	r = exchange_commit(a->host, NULL, NULL, ret_error);
	if (r == 0)
		r = link_get(a->host, a->host_name, &link, ret_error);
	if (r < 0)
		return r;
	link_set_alias(a->host, link.index, OURS);
	link_set_up(a->host, link.index, a->host_name);
	r = exchange_commit(a->host, NULL, NULL, ret_error);
	if (r == 0)
		r = inside_index(a, a->inside_name, &index, ret_error);
	return r < 0 ? r : inside_add_described(a, index, ret_error);
}

static int attach_hostdev(Attaching *a, Error **ret_error)
{
	LinkInfo link;
	int index = 0, r;

	r = find_source(a, &link, ret_error);
	if (r == 0)
		r = hostdev_give(a->host, a->link, a->netns_fd, ret_error);
	if (r == 0)
		r = inside_index(a, a->inside_name, &index, ret_error);
	if (r < 0)
		return r;
	if (a->link->mac)
		link_set_mac(a->inside, index, a->mac);
	if (a->link->mtu)
		link_set_mtu(a->inside, index, a->link->mtu);
	return inside_add_described(a, index, ret_error);
}

static int attach_network(Attaching *a, Error **ret_error)
{
	static int (*const attachers[_ATTACHMENT_KIND_MAX])(Attaching *, Error **) = {
		[ATTACHMENT_SHARED] = attach_default,
		[ATTACHMENT_BRIDGE] = attach_bridge,
		[ATTACHMENT_MACVLAN] = attach_upper,
		[ATTACHMENT_VLAN] = attach_upper,
		[ATTACHMENT_ETHERNET] = attach_ethernet,
		[ATTACHMENT_HOSTDEV] = attach_hostdev,
	};
	int r;

	if ((unsigned int)a->link->kind >= _ATTACHMENT_KIND_MAX ||
		(a->link->kind != ATTACHMENT_SHARED && a->link->kind != ATTACHMENT_ETHERNET &&
			!a->link->source))
		r = error_set(ret_error, EINVAL, "it has no kind, or no source");
	else if ((a->link->kind != ATTACHMENT_HOSTDEV || a->link->mac) &&
		 (!a->link->mac || mac_parse(a->link->mac, a->mac) < 0))
		r = error_set(ret_error, EINVAL, "it has no MAC address reserved");
	else
		r = attachers[a->link->kind](a, ret_error);
	return r < 0 ? error_wrap(ret_error, "network %s", a->inside_name) : 0;
}

/* Configures the inside, and returns when the first packet can pass. */
static int settle(Attaching *a, Error **ret_error)
{
	int r;

	if (!a->link->down)
		link_settle(a->inside, a->inside_name);
	r = exchange_commit(a->inside, NULL, NULL, ret_error);
	if (r < 0 || (!*a->bridge && a->link->kind != ATTACHMENT_ETHERNET))
		return r;
	link_settle(a->host, a->host_name);
	if (*a->bridge)
		link_settle(a->host, a->bridge);
	return exchange_commit(a->host, NULL, NULL, ret_error);
}

int attach_one(Attaching *a, Error **ret_error)
{
	int r;

	if (!a->link->host_name || !a->link->name || strlen(a->link->host_name) >= NET_LINK_SIZE ||
		strlen(a->link->name) >= NET_LINK_SIZE)
		return error_set(ret_error, EINVAL,
			"a link has no name, or one of more than %d characters", NET_LINK_SIZE - 1);
	(void)snprintf(a->host_name, sizeof(a->host_name), "%s", a->link->host_name);
	(void)snprintf(a->inside_name, sizeof(a->inside_name), "%s", a->link->name);
	r = attach_network(a, ret_error);
	return r < 0 ? r : settle(a, ret_error);
}
