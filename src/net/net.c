/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands over to the plug-in, which a container without a link of its own never loads.
 */
#include "net/net.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/plugin.h"
#include "base/strv.h"
#include "net/given.h"
#include "net/host-routes.h"
#include "net/kinds.h"
#include "net/names.h"
#include "net/netns.h"
#include "net/network-store.h"
#include "net/own-network.h"

static int load_plugin(const NetPlugin **ret, Error **ret_error)
{
	const void *plugin;
	int r = plugin_load("net", &plugin, ret_error);
	if (r < 0)
		return r;
	*ret = plugin;
	return 0;
}

int net_check(const Attachment *links, size_t n, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (links[i].kind != ATTACHMENT_SHARED)
			r = given_check(&links[i], ret_error);
	return r;
}

int net_check_sources(const Attachment *links, size_t n, Error **ret_error)
{
	Network network;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (links[i].source && links[i].kind == ATTACHMENT_SHARED)
			r = network_load(links[i].source, &network, ret_error);
		else if (links[i].source)
			r = given_check_source(&links[i], ret_error);
	return r;
}

static int add_address6(const Attachment *link, bool off_too, char ***list, Error **ret_error)
{
	char text[INET6_ADDRSTRLEN];
	Network network;
	IpAddress ip;
	int r = network_load(link->source ? link->source : NETWORK_DEFAULT, &network, ret_error);

	if (r < 0)
		return r;
	if (network.prefix6.family != AF_INET6 || (!off_too && network_ipv6_is_off()) ||
		ip_parse(link->addresses[0], &ip) < 0 || ip.family != AF_INET)
		return 0;
	ip = network_address6(&network, ip_v4(&ip));
	return !inet_ntop(AF_INET6, ip.bytes, text, sizeof(text)) || strv_append(list, text) < 0
		       ? error_oom(ret_error)
		       : 0;
}

/* off_too: also what a network has while the host has IPv6 switched off. */
static int list_addresses(
	const Attachment *links, size_t n, bool off_too, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **list = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		STRV_FOREACH (address, links[i].addresses)
			if (strv_appendf(&list, "%.*s", (int)strcspn(*address, "/"), *address) < 0)
				return error_oom(ret_error);
		if (links[i].kind == ATTACHMENT_SHARED && links[i].addresses)
			r = add_address6(&links[i], off_too, &list, ret_error);
	}
	if (r == 0)
		*ret = TAKE_PTR(list);
	return r;
}

int net_addresses(const Attachment *links, size_t n, char ***ret, Error **ret_error)
{
	return list_addresses(links, n, false, ret, ret_error);
}

/* A container has its name while it has its links. What is removed may have come before the host switched IPv6 off. */
static int change_names(
	bool removes, const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	_cleanup_strv_ char **addresses = NULL;
	int r = list_addresses(links, n, removes, &addresses, ret_error);

	if (r < 0)
		return r;
	return removes ? names_remove(container, addresses, ret_error)
		       : names_add(container, addresses, ret_error);
}

int net_attach(
	const char *container, const Attachment *links, size_t n, int netns_fd, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = net_check(links, n, ret_error);

	if (r == 0)
		r = load_plugin(&plugin, ret_error);
	if (r == 0)
		r = plugin->attach(container, links, n, netns_fd, ret_error);
	if (r == 0) {
		r = change_names(false, container, links, n, ret_error);
		if (r < 0)
			(void)plugin->detach(
				container, links, n, NULL); /* the failure to tell is the first */
	}
	return r < 0 ? error_wrap(ret_error, "container %s: cannot set up the network", container)
		     : 0;
}

int net_detach(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	if (r == 0) { /* the links go, whatever has become of the name */
		int name = change_names(true, container, links, n, ret_error);

		r = plugin->detach(container, links, n, name < 0 ? NULL : ret_error);
		r = name < 0 ? name : r;
	}
	return r < 0 ? error_wrap(
			       ret_error, "container %s: cannot take down the network", container)
		     : 0;
}

int net_restore(const Attachment *links, size_t n, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	return r < 0 ? r : plugin->restore(links, n, ret_error);
}

int net_publish(
	const char *container, const Attachment *links, size_t n, bool keep, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	return r < 0 ? r : plugin->publish(container, links, n, keep, ret_error);
}

int net_reach(const char *container, const Attachment *links, size_t n, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	return r < 0 ? r : plugin->reach(container, links, n, ret_error);
}

int net_limit(const Attachment *links, size_t n, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	return r < 0 ? r : plugin->limit(links, n, ret_error);
}

int net_port_faults(const Attachment *links, size_t n, char ***faults, Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	return r < 0 ? r : plugin->port_faults(links, n, faults, ret_error);
}

static int list_reach(const char *network, const char *container, char ***rows, Error **ret_error)
{
	const NetPlugin *plugin;
	Network found;
	int r;

	if (network_load(network, &found, NULL) < 0 || !network_store_is_active(&found))
		return 0; /* nobody is on it */
	r = load_plugin(&plugin, ret_error);
	return r < 0 ? r : plugin->reach_list(&found, container, rows, ret_error);
}

int net_reach_list(const char *container, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL, **rows = NULL;
	int r = list_reach(NETWORK_DEFAULT, container, &rows, ret_error);

	if (r == 0)
		r = network_store_names(&names, ret_error);
	STRV_FOREACH (name, names)
		r = r == 0 ? list_reach(*name, container, &rows, ret_error) : r;
	if (r == 0)
		*ret = TAKE_PTR(rows);
	return r;
}

int net_publish_none_of_dead(Error **ret_error)
{
	const NetPlugin *plugin;
	int r = load_plugin(&plugin, ret_error);

	return r < 0 ? r : plugin->publish_none_of_dead(ret_error);
}

static int warn_of_routes(const Network *network, char ***lines, Error **ret_error)
{
	_cleanup_routes_ HostRoutes routes = { 0 };
	char subnet[IPV4_TEXT_SIZE], target[IPV4_TEXT_SIZE];
	const HostRoute *route;
	int r = host_routes_read(&routes, ret_error);

	if (r < 0)
		return r;
	route = host_routes_find(&routes, network->subnet, network->bridge);
	if (!route)
		return 0;
	ipv4_format(network->subnet.network, network->subnet.prefix, subnet);
	ipv4_format(route->target.network, route->target.prefix, target);
	return strv_appendf(lines,
		       "the host's route to %s, on %s, overlaps with %s of the network %s: one of "
		       "the "
		       "two is not reached; give the network another subnet when no container uses "
		       "it",
		       target, route->interface, subnet, network->name) < 0
		       ? error_oom(ret_error)
		       : 0;
}

int net_warn(const Attachment *links, size_t n, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL, **done = NULL;
	const NetPlugin *plugin;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		Network network;

		if (links[i].kind != ATTACHMENT_SHARED)
			continue;
		r = network_load(
			links[i].source ? links[i].source : NETWORK_DEFAULT, &network, ret_error);
		if (r < 0 || strv_contains(done, network.name))
			continue;
		if (strv_append(&done, network.name) < 0)
			return error_oom(ret_error);
		r = warn_of_routes(&network, &lines, ret_error);
		if (r == 0 && network.mode != NETWORK_ISOLATED)
			r = load_plugin(&plugin, ret_error);
		if (r == 0 && network.mode != NETWORK_ISOLATED)
			r = plugin->warn(network.bridge, &lines, ret_error);
	}
	if (r == 0)
		*ret = TAKE_PTR(lines);
	return r;
}

int net_loopback_up(Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot bring up lo: open a socket");
	return netns_loopback_up(fd, ret_error);
}
