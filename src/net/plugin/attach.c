/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plug-in `net`: gives a container its links and takes them away.
 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/procstat.h"
#include "base/strv.h"
#include "net/kinds.h"
#include "net/netns.h"
#include "net/own-network.h"
#include "net/publication.h"
#include "net/plugin/bridged.h"
#include "net/plugin/foreign-tables.h"
#include "net/plugin/forwarding.h"
#include "net/plugin/publish.h"
#include "net/plugin/hostdev.h"
#include "net/plugin/rtnetlink.h"
#include "net/plugin/ports.h"
#include "net/plugin/shared.h"

#define OURS "virt-sandbox" /* alias of interfaces whose name is the administrator's */
#define BRIDGE_PORTS_MAX 1023u /* BR_MAX_PORTS of the kernel, without number 0 */
#define STACK_MAX 8 /* interfaces on interfaces; the kernel's own limit (MAX_NEST_DEV) */
#define MTU_DEFAULT 1500u /* bytes; what a bridge without hardware has */

/* One link on its way up. */
typedef struct Attaching {
	const char *container;
	const Attachment *link;
	bool first; /* the one whose way leads to the world, unless another is named */
	bool routes_v4, routes_v6; /* a route that is given leads there */
	int netns_fd;
	Exchange *host, *inside;
	char host_name[NET_LINK_SIZE], inside_name[NET_LINK_SIZE];
	char bridge[NET_LINK_SIZE]; /* that it is a port of */
	uint8_t mac[MAC_SIZE];
} Attaching;

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
	LinkInfo link;
	int r;

	if (own_mtu > mtu)
		return error_set(ret_error, EINVAL,
			"mtu=%u is more than the %u of the bridge; give a smaller one", own_mtu,
			mtu);
	memcpy(spec.peer_mac, a->mac, MAC_SIZE);
	link_add_veth(a->host, &spec);
	r = exchange_commit(a->host, NULL, NULL, ret_error);
	if (r == -EEXIST) {
		link_delete(a->host, a->host_name);
		link_add_veth(a->host, &spec);
		r = exchange_commit(a->host, NULL, NULL, ret_error);
	}
	if (r == -EXFULL)
		return error_set(ret_error, ENOSPC,
			"the bridge %s has %u ports already, which is all that the kernel gives "
			"one; use "
			"another network (virt-sandbox-service network create)",
			a->bridge, BRIDGE_PORTS_MAX);
	if (r == 0)
		r = link_get(a->host, a->host_name, &link, ret_error);
	if (r < 0)
		return r;
	link_no_ipv6_autoconf(a->host, link.index); /* a port is no interface of the host's */
	link_lock_port(a->host, link.index, isolated);
	link_add_station(a->host, link.index, a->mac);
	r = exchange_commit(a->host, NULL, NULL, ret_error);
	/* A kernel ignores port attributes that it does not know: read back, before the first frame can pass. */
	if (r == 0)
		r = link_get(a->host, a->host_name, &link, ret_error);
	if (r < 0)
		return r;
	if (!link.locked || link.isolated != isolated)
		return error_set(ret_error, EOPNOTSUPP,
			"this kernel's bridge has no locked and isolated ports (Linux 5.18), so "
			"containers could take each other's addresses");
	link_set_up(a->host, link.index, a->host_name);
	return exchange_commit(a->host, NULL, NULL, ret_error);
}

/* Index of the container's link inside its namespace. */
static int inside_index(const Attaching *a, const char *name, int *ret, Error **ret_error)
{
	struct ifreq request = { 0 };

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(exchange_fd(a->inside), SIOCGIFINDEX, &request) < 0)
		return error_errno(ret_error, errno, "find the interface %s inside", name);
	*ret = request.ifr_ifindex;
	return 0;
}

/* "10.0.0.0/8 10.1.2.3" */
static int add_route(Attaching *a, int index, const char *text, Error **ret_error)
{
	const char *space = strchr(text, ' ');
	_cleanup_free_ char *target_text = space ? strndup(text, (size_t)(space - text)) : NULL;
	IpAddress target, gateway;

	if (!target_text || ip_parse(target_text, &target) < 0 ||
		ip_parse(space + 1, &gateway) < 0 || target.family != gateway.family)
		return error_set(ret_error, EINVAL,
			"the route %s is not one of IP addresses of one family", text);
	route_add(a->inside, index, &target, &gateway);
	return 0;
}

/* Addresses and routes; the link is up then. */
static int add_described(Attaching *a, int index, Error **ret_error)
{
	IpAddress address;

	/* In a network of ours there is one, and its prefix is the network's. */
	STRV_FOREACH (text, a->link->kind == ATTACHMENT_SHARED ? NULL : a->link->addresses) {
		if (ip_parse(*text, &address) < 0)
			return error_set(ret_error, EINVAL, "%s is not an IP address", *text);
		address_add(a->inside, index, &address);
	}
	STRV_FOREACH (text, a->link->peers) {
		const char *space = strchr(*text, ' ');
		_cleanup_free_ char *own = space ? strndup(*text, (size_t)(space - *text)) : NULL;
		IpAddress peer;

		if (!own || ip_parse(own, &address) < 0 || ip_parse(space + 1, &peer) < 0 ||
			address.family != peer.family)
			return error_set(
				ret_error, EINVAL, "\"%s\" is not an address and its peer", *text);
		address_add_peer(a->inside, index, &address, &peer);
	}
	link_set_up(a->inside, index, a->inside_name);
	STRV_FOREACH (text, a->link->routes) {
		int r = add_route(a, index, *text, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A network without IPv6; but a container must not look like a machine without the protocol: there, AI_ADDRCONFIG (getaddrinfo(3)) refuses "::", on which many
 * services listen, and gives 127.0.0.1 twice for localhost. The C library counts every address but ::1, so one that leads nowhere is enough. */
static void know_ipv6(Attaching *a)
{
	static const int loopback = 1; /* LOOPBACK_IFINDEX of the kernel */
	IpAddress address;

	if (ip_parse("fe80::1/128", &address) < 0)
		return;
	address_add(a->inside, loopback, &address);
	(void)exchange_commit(a->inside, NULL, NULL, NULL); /* where the kernel has no IPv6 */
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

/* The network as this host can give it: without IPv6 where the kernel has none, or its administrator wants none. */
static int find_network(const Attaching *a, Network *ret, Error **ret_error)
{
	_cleanup_free_ char *disabled = NULL;
	int r = network_load(a->link->source ? a->link->source : NETWORK_DEFAULT, ret, ret_error);

	if (r == 0 &&
		(file_read("/proc/sys/net/ipv6/conf/all/disable_ipv6", &disabled, NULL, NULL) < 0 ||
			*disabled != '0'))
		ret->prefix6 = (IpAddress){ 0 };
	return r;
}

/* The host's side answers as it is said here, whatever a sibling would say. */
static void add_ipv6(Attaching *a, const Network *network, const IpAddress *address, int index)
{
	IpAddress gateway = network_gateway6(network), own = *address;
	uint8_t mac[MAC_SIZE];

	own.prefix = network->prefix6.prefix;
	network_bridge_mac(network, mac);
	address_add(a->inside, index, &own);
	neighbour_add(a->inside, index, &gateway, mac);
}

static void add_default_routes(Attaching *a, const Network *network, int index)
{
	IpAddress gateway = ip_from_v4(subnet_gateway(network->subnet), 32);

	if (!a->first || network->mode == NETWORK_ISOLATED)
		return;
	if (!a->routes_v4)
		route_add(a->inside, index, NULL, &gateway);
	gateway = network_gateway6(network);
	if (gateway.family == AF_INET6 && !a->routes_v6 && forwarding_has_ipv6())
		route_add(a->inside, index, NULL, &gateway);
}

/* From an isolated network no answer finds its way out. */
static int refuse_isolated(const char *name, char *const *list, Error **ret_error)
{
	Network network;
	int r = list ? network_load(name ? name : NETWORK_DEFAULT, &network, ret_error) : 0;

	STRV_FOREACH (text, list) {
		Publication p;

		if (r == 0)
			r = publication_parse(*text, &p, ret_error);
		if (r == 0 && network.mode == NETWORK_ISOLATED && !publication_is_local(&p))
			return error_set(ret_error, EOPNOTSUPP,
				"cannot publish %s: the network %s is isolated; it can be "
				"published "
				"on 127.0.0.1 and [::1] alone",
				*text, network.name);
	}
	return r;
}

/* For our parent: who started this program holds the sockets. */
static int publish_port(const Port *port, char *const *list, Error **ret_error)
{
	Published published = { .port = (char *)port->name,
		.container = (char *)port->container,
		.bridge = (char *)port->bridge,
		.address = ip_from_v4(port->station.address, 32),
		.address6 = port->station.address6,
		.holder = getppid(),
		.list = (char **)list };
	int r = procstat_starttime(published.holder, &published.holder_starttime);

	if (r < 0)
		return error_errno(ret_error, -r, "find who publishes the ports");
	r = publish_change(&published, ret_error);
	return r < 0 ? error_wrap(ret_error, "publish ports") : 0;
}

static int attach_default(Attaching *a, Error **ret_error)
{
	IpAddress address;
	int bridge, index = 0, r;
	Port port = { 0 };
	Network network;

	r = find_network(a, &network, ret_error);
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
	know_ipv6(a);
	link_no_ipv6_autoconf(a->inside, index);
	address.prefix = network.subnet.prefix;
	address_add(a->inside, index, &address);
	if (port.station.address6.family == AF_INET6)
		add_ipv6(a, &network, &port.station.address6, index);
	r = add_described(a, index, ret_error);
	if (r == 0)
		add_default_routes(a, &network, index);
	if (r == 0)
		r = refuse_isolated(a->link->source, a->link->published, ret_error);
	return r == 0 && a->link->published ? publish_port(&port, a->link->published, ret_error)
					    : r;
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
				"alone",
				a->link->source, link.name);
		link.index = 0;
		if (next != 0)
			r = link_get_index(a->host, next, &link, ret_error);
	}
	return r;
}

static int find_source(Attaching *a, LinkInfo *ret, Error **ret_error)
{
	int r;

	r = link_get(a->host, a->link->source, ret, ret_error);
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
	return r < 0 ? r : add_described(a, index, ret_error);
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
	return add_described(a, index, ret_error);
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

	r = link_get(a->host, a->host_name, &link, ret_error);
	if (r == 0 && link.index != 0 &&
		strcmp(link.alias, OURS) == 0) /* of a run that was killed */
		link_delete(a->host, a->host_name);
	else if (r == 0 && link.index != 0)
		r = error_set(ret_error, EEXIST,
			"the host has an interface %s already; give another source=", a->host_name);
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
	return r < 0 ? r : add_described(a, index, ret_error);
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
	return add_described(a, index, ret_error);
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
		r = error_set(ret_error, EINVAL, "it is of no kind, or has no source");
	else if ((a->link->kind != ATTACHMENT_HOSTDEV || a->link->mac) &&
		 (!a->link->mac || mac_parse(a->link->mac, a->mac) < 0))
		r = error_set(ret_error, EINVAL, "it has no MAC address reserved");
	else
		r = attachers[a->link->kind](a, ret_error);
	return r < 0 ? error_wrap(ret_error, "network %s", a->inside_name) : 0;
}

static bool uses_shared(const Attachment *links, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (links[i].kind == ATTACHMENT_SHARED || links[i].kind == ATTACHMENT_BRIDGE ||
			links[i].kind == ATTACHMENT_HOSTDEV)
			return true;
	return false;
}

/* Configures the inside, and returns when the first packet can pass. */
static int settle(Attaching *a, Error **ret_error)
{
	int r;

	link_settle(a->inside, a->inside_name);
	r = exchange_commit(a->inside, NULL, NULL, ret_error);
	if (r < 0 || (!*a->bridge && a->link->kind != ATTACHMENT_ETHERNET))
		return r;
	link_settle(a->host, a->host_name);
	if (*a->bridge)
		link_settle(a->host, a->bridge);
	return exchange_commit(a->host, NULL, NULL, ret_error);
}

static int attach_one(Attaching *a, Error **ret_error)
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

/* Which of the networks of ours brings the default route, in whatever order they are given: the default network, else the first one by its name that leads
 * anywhere. */
static size_t choose_first(const Attachment *links, size_t n)
{
	size_t first = n;

	for (size_t i = 0; i < n; i++) {
		const char *name = links[i].source;
		Network network;

		if (links[i].kind != ATTACHMENT_SHARED)
			continue;
		if (!name)
			return i;
		if (network_load(name, &network, NULL) == 0 && network.mode != NETWORK_ISOLATED &&
			(first == n || strcmp(name, links[first].source) < 0))
			first = i;
	}
	return first;
}

/* A route that is given goes before. */
static bool has_default_route(const Attachment *links, size_t n, const char *target)
{
	for (size_t i = 0; i < n; i++)
		STRV_FOREACH (route, links[i].routes)
			if (strncmp(*route, target, strlen(target)) == 0)
				return true;
	return false;
}

static int attach_all(const char *container, const Attachment *links, size_t n, int netns_fd,
	Exchange *host, Error **ret_error)
{
	bool routes_v4 = has_default_route(links, n, "0.0.0.0/0 "),
	     routes_v6 = has_default_route(links, n, "::/0 ");
	_cleanup_exchange_ Exchange inside = EXCHANGE_NULL;
	size_t first = choose_first(links, n);
	int r;

	r = exchange_open(&inside, netns_fd, NETLINK_ROUTE, ret_error);
	if (r == 0)
		r = netns_loopback_up(exchange_fd(&inside), ret_error);
	for (size_t i = 0; r == 0 && i < n; i++) {
		Attaching a = { .container = container,
			.link = &links[i],
			.first = i == first,
			.routes_v4 = routes_v4,
			.routes_v6 = routes_v6,
			.netns_fd = netns_fd,
			.host = host,
			.inside = &inside };

		r = attach_one(&a, ret_error);
	}
	return r;
}

static int delete_link(Exchange *host, const Attachment *link, Error **ret_error)
{
	LinkInfo info;
	int r;

	if (link->kind == ATTACHMENT_HOSTDEV)
		return link->source && link->name ? hostdev_take_back(link, ret_error) : 0;
	if (link->kind == ATTACHMENT_ETHERNET) {
		r = link_get(host, link->host_name, &info, ret_error);
		if (r < 0 || strcmp(info.alias, OURS) != 0)
			return r;
	}
	link_delete(host, link->host_name);
	return exchange_commit(host, NULL, NULL, ret_error);
}

static int detach_all(const Attachment *links, size_t n, Exchange *host, Error **ret_error)
{
	int r;

	for (size_t i = 0; i < n; i++) {
		if (!links[i].host_name)
			continue;
		r = delete_link(host, &links[i], ret_error);
		if (r == 0 && links[i].kind == ATTACHMENT_SHARED)
			r = shared_leave(host, links[i].host_name, ret_error);
		if (r == 0 && links[i].kind == ATTACHMENT_BRIDGE)
			r = bridged_leave(links[i].host_name, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_host(
	const Attachment *links, size_t n, Exchange *host, int *ret_lock_fd, Error **ret_error)
{
	if (uses_shared(links, n)) {
		int r = shared_lock(ret_lock_fd, ret_error);

		if (r < 0)
			return r;
	}
	return exchange_open(host, -1, NETLINK_ROUTE, ret_error);
}

static int attach(
	const char *container, const Attachment *links, size_t n, int netns_fd, Error **ret_error)
{
	_cleanup_exchange_ Exchange host = EXCHANGE_NULL;
	_cleanup_fd_ int lock_fd = -EBADF;
	int r;

	r = open_host(links, n, &host, &lock_fd, ret_error);
	if (r < 0)
		return r;
	r = attach_all(container, links, n, netns_fd, &host, ret_error);
	if (r < 0) {
		_cleanup_exchange_ Exchange undo =
			EXCHANGE_NULL; /* what `host` has collected must not be sent */

		if (exchange_open(&undo, -1, NETLINK_ROUTE, NULL) == 0)
			(void)detach_all(links, n, &undo,
				NULL); /* the failure that is reported is the first one */
	}
	return r;
}

static int detach(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_exchange_ Exchange host = EXCHANGE_NULL;
	_cleanup_fd_ int lock_fd = -EBADF;
	int r;

	(void)container;
	r = open_host(links, n, &host, &lock_fd, ret_error);
	return r < 0 ? r : detach_all(links, n, &host, ret_error);
}

/* As the links now say. */
static int publish(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = shared_lock(&lock_fd, ret_error);

	for (size_t i = 0; r == 0 && i < n; i++) {
		Port port;

		if (links[i].kind != ATTACHMENT_SHARED)
			continue;
		r = refuse_isolated(links[i].source, links[i].published, ret_error);
		if (r == 0)
			r = ports_read(links[i].host_name, &port, ret_error);
		if (r == -ENOENT)
			r = error_set(ret_error, ENOENT, "container %s has no link %s", container,
				links[i].host_name);
		if (r == 0)
			r = publish_port(&port, links[i].published, ret_error);
	}
	return r;
}

static int publish_none_of_dead(Error **ret_error)
{
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = shared_lock(&lock_fd, ret_error);

	return r < 0 ? r : publish_leave_dead(ret_error);
}

extern const NetPlugin vsb_plugin_net;
__attribute__((visibility("default"))) const NetPlugin vsb_plugin_net = { .attach = attach,
	.detach = detach,
	.publish = publish,
	.warn = foreign_tables_warn,
	.publish_none_of_dead = publish_none_of_dead };
