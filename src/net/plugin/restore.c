/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules, bridge and ports of networks that run. What is found is written down with the generation of the rules from before the look, so that no change
 * between both is missed.
 */
#include "net/plugin/restore.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "net/network-watch.h"
#include "net/plugin/bridge-port.h"
#include "net/plugin/firewall.h"
#include "net/plugin/shared.h"

#define LOOKS_MAX 3 /* at a network that is changed again and again */

/* It is down until the port holds by itself what it shall hold. was_lost: it was taken down by us. */
static int restore_port(Exchange *host, const Port *port, int bridge, bool was_lost, bool *changed,
	Error **ret_error)
{
	const IpAddress address = ip_from_v4(port->station.address, 32);
	LinkInfo link;
	int r = link_get(host, port->name, &link, ret_error);

	if (r < 0 || link.index == 0)
		return r;
	if (link.master == bridge && !was_lost && !*changed)
		return 0;
	neighbour_add(host, bridge, &address, port->station.mac);
	if (port->station.address6.family == AF_INET6)
		neighbour_add(host, bridge, &port->station.address6, port->station.mac);
	if (link.master != bridge) {
		*changed = true;
		link_set_down(host, link.index, port->name);
		link_set_master(host, link.index, bridge);
		r = exchange_commit(host, NULL, NULL, ret_error);
		return r < 0 ? r
			     : bridge_port_dress(
				       host, port->name, port->station.mac, true, ret_error);
	}
	link_set_up(host, link.index, port->name);
	return exchange_commit(host, NULL, NULL, ret_error);
}

static int restore_own(
	Exchange *host, const char *name, bool was_lost, bool *ret_changed, Error **ret_error)
{
	_cleanup_free_ Port *ports = NULL;
	Network network;
	size_t count;
	int bridge, r = shared_network(name, &network, ret_error);

	if (r == 0)
		r = shared_make_whole(host, &network, &bridge, ret_changed, ret_error);
	if (r == 0)
		r = ports_list(network.bridge, PORTS_MAX, &ports, &count, ret_error);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = restore_port(host, &ports[i], bridge, was_lost, ret_changed, ret_error);
	return r;
}

/* Of a bridge of the host's the rules are ours, and the ports; how those were, nobody remembers. */
static int restore_foreign(const Attachment *link, bool *ret_changed, Error **ret_error)
{
	int r;

	if (if_nametoindex(link->source) == 0)
		return error_set(ret_error, ENODEV,
			"the host's bridge %s no longer exists; create it again, then restart the container",
			link->source);
	r = firewall_bridges_are_whole(ret_error);
	*ret_changed = r == 0;
	return r == 0 ? firewall_guard_bridges(ret_error) : r < 0 ? r : 0;
}

static int look(Exchange *host, const Attachment *link, NetworkFound *found, Error **ret_error)
{
	bool was_lost = found->lost, changed = true;
	int r = 0;

	for (int looks = 0; r == 0 && changed && looks < LOOKS_MAX; looks++) {
		r = network_watch_generation(&found->generation, ret_error);
		if (r == 0)
			r = link->kind == ATTACHMENT_SHARED
				    ? restore_own(host, link->source, was_lost, &changed, ret_error)
				    : restore_foreign(link, &changed, ret_error);
		found->restored += r == 0 && (changed || was_lost);
		was_lost = false;
	}
	if (r == 0 && changed)
		r = error_set(
			ret_error, EBUSY, "something keeps removing the rules of our networks");
	return r;
}

/* What their rules do not hold must not pass. */
static void take_down(const Attachment *link, const char *bridge)
{
	_cleanup_free_ Port *ports = NULL;
	size_t count = 0;

	if (link->kind == ATTACHMENT_BRIDGE)
		network_link_down(link->host_name);
	else
		(void)ports_list(bridge, PORTS_MAX, &ports, &count, NULL); /* none, then */
	for (size_t i = 0; i < count; i++)
		network_link_down(ports[i].name);
}

static int restore_link(Exchange *host, const Attachment *link, Error **ret_error)
{
	_cleanup_found_ NetworkFound found = { 0 };
	_cleanup_error_ Error *error = NULL;
	char bridge[NET_LINK_SIZE];
	bool is_as_found;
	int r = network_is_as_found(link, &is_as_found, bridge, &found, ret_error);

	if (r < 0 || !*bridge)
		return r;
	r = look(host, link, &found, &error);
	free(found.lost);
	found.lost = NULL;
	if (r < 0) {
		take_down(link, bridge);
		found.lost = strdup(error_message(error));
		if (!found.lost)
			return error_oom(ret_error);
	}
	return network_found_write(bridge, &found, ret_error);
}

int restore_links(const Attachment *links, size_t n, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		_cleanup_exchange_ Exchange own =
			EXCHANGE_NULL; /* what a failure left in it must not be sent */

		r = exchange_open(&own, -1, NETLINK_ROUTE, ret_error);
		if (r == 0)
			r = restore_link(&own, &links[i], ret_error);
	}
	return r;
}
