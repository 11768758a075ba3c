/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making named networks that fit the host, and removing them.
 */
#include "net/network-store.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "net/given.h"
#include "net/host-routes.h"

#define NETWORKS_MAX 999u /* numbers of bridges */

int network_store_lock(int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "networks.lock");

	return path ? file_lock(path, ret_fd, ret_error) : error_oom(ret_error);
}

int network_store_names(char ***ret, Error **ret_error)
{
	_cleanup_free_ char *place = layout_path(LAYOUT_NETWORKS);
	_cleanup_strv_ char **files = NULL, **names = NULL;
	int r = place ? file_list(place, NETWORK_SUFFIX, &files, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	STRV_FOREACH (name, files)
		if (network_check_name(*name, NULL) == 0 && strv_append(&names, *name) < 0)
			return error_oom(ret_error);
	*ret = TAKE_PTR(names);
	return 0;
}

/* All that there are, the default one if it was chosen already. */
typedef struct Others {
	Network *list;
	size_t count;
} Others;

static void others_done(Others *others)
{
	free(others->list);
}

static int load_others(Others *ret, Error **ret_error)
{
	_cleanup_free_ char *addresses = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	_cleanup_strv_ char **names = NULL;
	int r = addresses ? network_store_names(&names, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	ret->list = calloc(strv_length(names) + 1, sizeof(*ret->list));
	if (!ret->list)
		return error_oom(ret_error);
	if (file_exists(addresses))
		r = network_load(NETWORK_DEFAULT, &ret->list[ret->count++], ret_error);
	STRV_FOREACH (name, names)
		r = r == 0 ? network_load(*name, &ret->list[ret->count++], ret_error) : r;
	return r;
}

/* Which of the others has the subnet, or part of it. */
static const Network *find_overlap(const Others *others, Subnet subnet)
{
	for (size_t i = 0; i < others->count; i++)
		if (subnet_overlaps(others->list[i].subnet, subnet))
			return &others->list[i];
	return NULL;
}

static int choose_bridge(const Others *others, Network *network, Error **ret_error)
{
	for (unsigned int number = 1; number <= NETWORKS_MAX; number++) {
		bool taken = false;

		(void)snprintf(network->bridge, sizeof(network->bridge), "vsn%u", number);
		for (size_t i = 0; i < others->count; i++)
			taken = taken || strcmp(others->list[i].bridge, network->bridge) == 0;
		if (!taken && if_nametoindex(network->bridge) == 0)
			return 0;
	}
	return error_set(
		ret_error, ENOSPC, "there are %u networks already; delete one", NETWORKS_MAX);
}

/* 10.208.0.0/24 to 10.208.255.0/24: beside what the default network takes. */
static int choose_subnet(const Others *others, Network *network, Error **ret_error)
{
	_cleanup_routes_ HostRoutes routes = { 0 };
	int r = host_routes_read(&routes, ret_error);

	for (uint32_t i = 0; r == 0 && i < 256; i++) {
		Subnet candidate = { .network = 10u << 24 | 208u << 16 | i << 8, .prefix = 24 };

		if (find_overlap(others, candidate) || host_routes_find(&routes, candidate, NULL))
			continue;
		network->subnet = candidate;
		return 0;
	}
	return r < 0 ? r
		     : error_set(ret_error, EADDRNOTAVAIL,
			       "no subnet in 10.208.0.0/16 is free; give one with --subnet");
}

/* Is it one that stations can have, and metadata services have not? The first and the last of it say it for all. */
static int check_usable(const Network *network, const char *text, Error **ret_error)
{
	uint32_t ends[] = { subnet_gateway(network->subnet), subnet_last(network->subnet) };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char *addresses[] = { (char[IPV4_TEXT_SIZE]){ "" }, NULL };
		const Attachment asked = { .kind = ATTACHMENT_BRIDGE, .addresses = addresses };

		ipv4_format(ends[i], network->subnet.prefix, addresses[0]);
		if (given_check(&asked, NULL) < 0)
			return error_set(ret_error, EINVAL,
				"subnet %s: %s cannot be the address of a station, or is the "
				"host's; give another one",
				text, addresses[0]);
	}
	return 0;
}

static int check_subnet(const Others *others, const Network *network, Error **ret_error)
{
	char text[IPV4_TEXT_SIZE], other_text[IPV4_TEXT_SIZE];
	_cleanup_routes_ HostRoutes routes = { 0 };
	const Network *other = find_overlap(others, network->subnet);
	const HostRoute *route;
	int r;

	ipv4_format(network->subnet.network, network->subnet.prefix, text);
	if (other) {
		ipv4_format(other->subnet.network, other->subnet.prefix, other_text);
		return error_set(ret_error, EADDRINUSE,
			"subnet %s overlaps with that of the network %s, %s; give another one",
			text, other->name, other_text);
	}
	r = check_usable(network, text, ret_error);
	if (r == 0)
		r = host_routes_read(&routes, ret_error);
	if (r < 0)
		return r;
	route = host_routes_find(&routes, network->subnet, NULL);
	if (!route)
		return 0;
	ipv4_format(route->target.network, route->target.prefix, other_text);
	return error_set(ret_error, EADDRINUSE,
		"subnet %s overlaps with the host's route to %s, on %s; give another one", text,
		other_text, route->interface);
}

static bool same_prefix6(const IpAddress *a, const uint8_t *bytes)
{
	return memcmp(a->bytes, bytes, NETWORK_PREFIX6 / 8) == 0;
}

static void free_addresses(struct ifaddrs **addresses)
{
	if (*addresses)
		freeifaddrs(*addresses);
}

static int check_prefix6(const Others *others, const Network *network, Error **ret_error)
{
	_cleanup_(free_addresses) struct ifaddrs *host = NULL;
	const IpAddress *prefix = &network->prefix6;
	char text[INET6_ADDRSTRLEN] = "";

	if (prefix->family != AF_INET6)
		return 0;
	(void)inet_ntop(AF_INET6, prefix->bytes, text, sizeof(text)); /* only for the error */
	/* Global unicast (2000::/3) and unique local (fc00::/7) addresses; fd00:ec2:: hands out keys of hosts. */
	if (((prefix->bytes[0] & 0xe0) != 0x20 && (prefix->bytes[0] & 0xfe) != 0xfc) ||
		memcmp(prefix->bytes, "\xfd\x00\x0e\xc2\0\0\0\0", 8) == 0)
		return error_set(ret_error, EINVAL,
			"ipv6 %s/%u is not a prefix that containers can have; give one below "
			"fd00::/8, or one that is routed to this host",
			text, prefix->prefix);
	for (size_t i = 0; i < others->count; i++)
		if (others->list[i].prefix6.family == AF_INET6 &&
			same_prefix6(prefix, others->list[i].prefix6.bytes))
			return error_set(ret_error, EADDRINUSE,
				"ipv6 %s/%u is that of the network %s; give another one", text,
				prefix->prefix, others->list[i].name);
	if (getifaddrs(&host) < 0)
		return error_errno(ret_error, errno, "cannot list the addresses of the host");
	for (const struct ifaddrs *has = host; has; has = has->ifa_next)
		if (has->ifa_addr && has->ifa_addr->sa_family == AF_INET6 &&
			same_prefix6(prefix,
				((const struct sockaddr_in6 *)has->ifa_addr)->sin6_addr.s6_addr))
			return error_set(ret_error, EADDRINUSE,
				"ipv6 %s/%u is that of the host's interface %s; give another one",
				text, prefix->prefix, has->ifa_name);
	return 0;
}

int network_store_add(Network *network, Error **ret_error)
{
	_cleanup_free_ char *path = network_path(network->name), *text = NULL;
	_cleanup_(others_done) Others others = { 0 };
	int r = path ? 0 : error_oom(ret_error);

	if (r == 0 && file_exists(path))
		return error_set(ret_error, EEXIST, "network %s exists already", network->name);
	if (r == 0)
		r = load_others(&others, ret_error);
	if (r == 0)
		r = choose_bridge(&others, network, ret_error);
	if (r == 0)
		r = network->subnet.prefix ? check_subnet(&others, network, ret_error)
					   : choose_subnet(&others, network, ret_error);
	if (r == 0)
		r = network_check_range(network, ret_error);
	if (r == 0)
		r = check_prefix6(&others, network, ret_error);
	if (r == 0)
		r = network_format(network, &text, ret_error);
	if (r == 0)
		r = file_mkdir_parent(path, ret_error);
	return r < 0 ? r : file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

int network_store_remove(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = network_path(name);

	if (!path)
		return error_oom(ret_error);
	return unlink(path) < 0 ? error_errno(ret_error, errno, "cannot remove %s", path) : 0;
}

bool network_store_is_active(const Network *network)
{
	return if_nametoindex(network->bridge) != 0;
}
