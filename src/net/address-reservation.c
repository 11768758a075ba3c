/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reservations on disk: links stations/ADDRESS and stations/MAC to the container that has it. There is no daemon to remember them, so that a stopped
 * container's addresses are as safe as a running one's.
 */
#include "net/address-reservation.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/reservation.h"
#include "base/strv.h"
#include "net/address-file.h"
#include "net/host-routes.h"
#include "net/kinds.h"
#include "net/net.h"
#include "net/own-network.h"

/* In this order: away from the low ones that people give to their own networks, and from 172.17.0.0/16 and 192.168.122.0/24 of other tools. */
static const struct {
	uint32_t first;
	unsigned int count, prefix;
} candidates[] = {
	{ 10u << 24 | 209u << 16, 46, 16 }, /* 10.209.0.0/16 to 10.254.0.0/16 */
	{ 172u << 24 | 20u << 16, 12, 16 }, /* 172.20.0.0/16 to 172.31.0.0/16 */
	{ 192u << 24 | 168u << 16 | 128u << 8, 64, 24 }, /* 192.168.128.0/24 to 192.168.191.0/24 */
};
#define MAC_ATTEMPTS_MAX                                                                           \
	1000u /* derived MAC addresses tried before giving up; 24 bits are free, so one or two suffice */

#define ROUTES "/proc/thread-self/net/route"

int reserve_choose_subnet(const char *routes, Subnet *ret, Error **ret_error)
{
	_cleanup_routes_ HostRoutes parsed = { 0 };
	int r = host_routes_parse(routes, &parsed, ret_error);

	for (size_t range = 0; r == 0 && range < ARRAY_SIZE(candidates); range++)
		for (uint32_t i = 0; i < candidates[range].count; i++) {
			Subnet candidate = { .prefix = candidates[range].prefix,
				.network = candidates[range].first +
					   (i << (32 - candidates[range].prefix)) };

			if (!host_routes_find(&parsed, candidate, NULL)) {
				*ret = candidate;
				return 0;
			}
		}
	return r < 0 ? r
		     : error_set(ret_error, EADDRNOTAVAIL,
			       "the host has routes to all candidates in 10.0.0.0/8, 172.16.0.0/12 "
			       "and "
			       "192.168.0.0/16");
}

static int choose_subnet(Subnet *ret, Error **ret_error)
{
	_cleanup_free_ char *routes = NULL;
	int r = file_read(ROUTES, &routes, NULL, ret_error);
	if (r < 0)
		return r;
	return reserve_choose_subnet(routes, ret, ret_error);
}

#define STATIONS "stations"

static char *station_path(const char *thing)
{
	return layout_pathf(LAYOUT_RESERVATIONS, STATIONS "/%s", thing);
}

/* 1 or 2: the container's, now or already; 0: ret_holder's. */
static int take_for(const char *container, const char *thing,
	char ret_holder[static RESERVATION_OWNER_MAX], Error **ret_error)
{
	_cleanup_free_ char *path = station_path(thing);

	return path ? reservation_take(path, container, ret_holder, ret_error)
		    : error_oom(ret_error);
}

static int move_former(const AddressFile *file, Error **ret_error)
{
	for (char **thing = file->former; thing && *thing;
		thing += 2) { /* thing and holder in turn */
		char holder[RESERVATION_OWNER_MAX];
		int r = take_for(thing[1], thing[0], holder, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_file(const char *path, AddressFile *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read(path, &text, NULL, ret_error);

	if (r < 0)
		return r;
	r = address_file_parse(text, ret, ret_error);
	return r < 0 ? error_wrap(ret_error, "%s", path) : 0;
}

/* Under the lock: somebody else may have been faster. */
static int write_file(const char *path, AddressFile *file, Error **ret_error)
{
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "addresses.lock"),
			    *text = NULL;
	_cleanup_fd_ int lock_fd = -EBADF;
	int r = lock ? file_lock(lock, &lock_fd, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	address_file_done(file);
	if (file_exists(path)) {
		r = read_file(path, file, ret_error);
		if (r == 0)
			r = move_former(file, ret_error);
	} else {
		r = choose_subnet(&file->subnet, ret_error);
		if (r < 0)
			return error_wrap(ret_error,
				"cannot choose the subnet of the default network; to choose one "
				"yourself, write \"subnet ADDRESS/PREFIX\" to %s",
				path);
	}
	if (r == 0 && !file->says_ipv6)
		r = network_choose_prefix6(&file->prefix6, ret_error);
	if (r == 0)
		r = address_file_format(file, &text, ret_error);
	return r < 0 ? r : file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

/* The default network: chosen when there is none yet. What earlier releases kept beside it is moved to where it belongs now. */
static int load_subnet(Subnet *ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	_cleanup_address_file_ AddressFile file = { 0 };
	int r;

	if (!path)
		return error_oom(ret_error);
	r = file_exists(path) ? read_file(path, &file, ret_error) : 0;
	if (r == 0 && (file.former || file.subnet.prefix == 0 || !file.says_ipv6))
		r = write_file(path, &file, ret_error);
	if (r == 0)
		*ret = file.subnet;
	return r;
}

typedef struct Reserving {
	const char *container, *uuid;
	Network network; /* of this link */
	NetReserved *reserved; /* of the links before this one as well */
	size_t index; /* of this one */
	bool changed; /* something was not the container's before */
	bool had_some; /* or asked for some by name: a new container has nothing to give back */
} Reserving;

static int take(Reserving *reserving, const char *thing,
	char ret_holder[static RESERVATION_OWNER_MAX], Error **ret_error)
{
	int r = take_for(reserving->container, thing, ret_holder, ret_error);

	reserving->changed = reserving->changed || r == 1;
	reserving->had_some = reserving->had_some || r == 2;
	return r;
}

/* A link of the same container before this one has it: the link in the directory says nothing of that. */
static bool has_it_already(const Reserving *r, const char *mac, const char *address)
{
	for (size_t i = 0; i < r->index; i++)
		if ((mac && strcmp(r->reserved[i].mac, mac) == 0) ||
			(address &&
				strncmp(r->reserved[i].address, address, strlen(address)) == 0 &&
				r->reserved[i].address[strlen(address)] == '/'))
			return true;
	return false;
}

static int refuse(
	const char *what, const char *text, const char *holder, const char *key, Error **ret_error)
{
	return error_set(ret_error, EADDRINUSE,
		"the %s %s belongs to container %s; remove `%s=` to get a new one", what, text,
		*holder ? holder : "that was just deleted", key);
}

static int take_named_mac(Reserving *reserving, const char *wanted, Error **ret_error)
{
	char holder[RESERVATION_OWNER_MAX], *text = reserving->reserved[reserving->index].mac;
	uint8_t mac[MAC_SIZE];
	int r;

	if (mac_parse(wanted, mac) < 0)
		return error_set(
			ret_error, EINVAL, "%s is not the MAC address of a single station", wanted);
	if (network_is_bridge_mac(mac))
		return error_set(ret_error, EADDRINUSE,
			"the MAC address %s is that of a bridge of ours", wanted);
	mac_format(mac, text);
	if (has_it_already(reserving, text, NULL))
		return refuse("MAC address", wanted, reserving->container, "mac", ret_error);
	r = take(reserving, text, holder, ret_error);
	return r == 0 ? refuse("MAC address", wanted, holder, "mac", ret_error) : r;
}

static int take_mac(Reserving *reserving, const char *wanted, Error **ret_error)
{
	char holder[RESERVATION_OWNER_MAX], *text = reserving->reserved[reserving->index].mac;

	if (wanted)
		return take_named_mac(reserving, wanted, ret_error);
	for (unsigned int attempt = 0; attempt < MAC_ATTEMPTS_MAX; attempt++) {
		uint8_t mac[MAC_SIZE];
		int r;

		mac_derive(reserving->uuid, (unsigned int)reserving->index, attempt, mac);
		mac_format(mac, text);
		if (network_is_bridge_mac(mac) || has_it_already(reserving, text, NULL))
			continue;
		r = take(reserving, text, holder, ret_error);
		if (r != 0)
			return r;
	}
	return error_set(ret_error, EADDRNOTAVAIL, "no free MAC address found");
}

/* On another network an address is the administrator's to give, but not one that a container of the default network is known by. */
static int refuse_reserved(const Reserving *reserving, char *const *addresses, Error **ret_error)
{
	STRV_FOREACH (text, addresses) {
		_cleanup_free_ char *bare = strndup(*text, strcspn(*text, "/")),
				    *path = bare ? station_path(bare) : NULL;
		char holder[RESERVATION_OWNER_MAX];

		if (!path)
			return error_oom(ret_error);
		reservation_holder(path, holder);
		if (*holder && strcmp(holder, reserving->container) != 0 &&
			!reservation_owner_is_gone(holder))
			return error_set(ret_error, EADDRINUSE,
				"the address %s belongs to container %s", *text, holder);
	}
	return 0;
}

static int take_named_address(Reserving *reserving, char *const *addresses, Error **ret_error)
{
	char holder[RESERVATION_OWNER_MAX], text[IPV4_TEXT_SIZE], subnet_text[IPV4_TEXT_SIZE];
	const char *wanted = addresses[0];
	Subnet subnet = reserving->network.subnet;
	uint32_t address;
	IpAddress ip;
	int r;

	if (addresses[1] || ip_parse(wanted, &ip) < 0 || ip.family != AF_INET)
		return error_set(ret_error, EINVAL,
			"a container has exactly one IPv4 address in the network %s; \"%s\" "
			"cannot be it",
			reserving->network.name, addresses[1] ? addresses[1] : wanted);
	address = ip_v4(&ip);
	ipv4_format(subnet.network, subnet.prefix, subnet_text);
	/* Its prefix length does not matter: an address given without one has a default's. */
	if (address < subnet_first(subnet) || address > subnet_last(subnet))
		return error_set(ret_error, EADDRNOTAVAIL,
			"the address %s is not a container's in the network %s, %s; remove "
			"`address=` to get a new one",
			wanted, reserving->network.name, subnet_text);
	ipv4_format(address, 0, text);
	if (has_it_already(reserving, NULL, text))
		return refuse("address", wanted, reserving->container, "address", ret_error);
	r = take(reserving, text, holder, ret_error);
	if (r == 0)
		return refuse("address", wanted, holder, "address", ret_error);
	if (r > 0)
		ipv4_format(address, subnet.prefix, reserving->reserved[reserving->index].address);
	return r;
}

/* Which addresses of the subnet have a link. */
static int list_taken(Subnet subnet, bool *taken, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, STATIONS);
	uint32_t first = subnet_first(subnet), last = subnet_last(subnet);
	_cleanup_strv_ char **names = NULL;
	int r = path ? file_list(path, "", &names, ret_error) : error_oom(ret_error);
	IpAddress ip;

	STRV_FOREACH (name, names)
		if (ip_parse(*name, &ip) == 0 && ip.family == AF_INET && ip_v4(&ip) >= first &&
			ip_v4(&ip) <= last)
			taken[ip_v4(&ip) - first] = true;
	return r;
}

/* The first of those that are, or are not, in the list: a link may be void. 1: found, 0: there is none. */
static int take_first(Reserving *reserving, const bool *taken, bool linked, Error **ret_error)
{
	Subnet subnet = reserving->network.subnet;
	uint32_t first = subnet_first(subnet), count = subnet_last(subnet) - first + 1;
	const Network *network = &reserving->network;

	for (uint32_t i = 0; i < count; i++) {
		char holder[RESERVATION_OWNER_MAX], text[IPV4_TEXT_SIZE];
		int r;

		ipv4_format(first + i, 0, text);
		if (network->first && (first + i < network->first || first + i > network->last))
			continue;
		if (taken[i] != linked || has_it_already(reserving, NULL, text))
			continue;
		r = take(reserving, text, holder, ret_error);
		if (r == 0)
			continue;
		if (r > 0)
			ipv4_format(first + i, subnet.prefix,
				reserving->reserved[reserving->index].address);
		return r;
	}
	return 0;
}

static int take_free_address(Reserving *reserving, Error **ret_error)
{
	Subnet subnet = reserving->network.subnet;
	uint32_t count = subnet_last(subnet) - subnet_first(subnet) + 1;
	_cleanup_free_ bool *taken = calloc(count, sizeof(*taken));
	char text[IPV4_TEXT_SIZE];
	int r = taken ? list_taken(subnet, taken, ret_error) : error_oom(ret_error);

	if (r == 0)
		r = take_first(reserving, taken, false, ret_error);
	if (r == 0)
		r = take_first(reserving, taken, true, ret_error);
	if (r != 0)
		return r;
	if (reserving->network.first)
		count = reserving->network.last - reserving->network.first + 1;
	ipv4_format(subnet.network, subnet.prefix, text);
	return error_set(ret_error, EADDRNOTAVAIL,
		"all %u addresses of the network %s, %s, are reserved; delete a container", count,
		reserving->network.name, text);
}

static int load_network(const Attachment *link, Network *ret, Error **ret_error)
{
	Subnet subnet;
	int r = link->source ? 0 : load_subnet(&subnet, ret_error); /* makes the default one */

	return r < 0 ? r
		     : network_load(link->source ? link->source : NETWORK_DEFAULT, ret, ret_error);
}

static int reserve_link(Reserving *reserving, const Attachment *link, Error **ret_error)
{
	bool named = link->addresses && link->addresses[0];
	int r;

	if (link->kind == ATTACHMENT_HOSTDEV && !link->mac) { /* it has one */
		*reserving->reserved[reserving->index].mac = '\0';
		*reserving->reserved[reserving->index].address = '\0';
		return refuse_reserved(reserving, link->addresses, ret_error);
	}
	reserving->had_some = reserving->had_some || link->mac || named;
	r = take_mac(reserving, link->mac, ret_error);

	if (r < 0)
		return r;
	*reserving->reserved[reserving->index].address = '\0';
	if (link->kind != ATTACHMENT_SHARED)
		return refuse_reserved(reserving, link->addresses, ret_error);
	r = load_network(link, &reserving->network, ret_error);
	if (r < 0)
		return r;
	return named ? take_named_address(reserving, link->addresses, ret_error)
		     : take_free_address(reserving, ret_error);
}

/* What it had before somebody edited its description. */
static int release_former(const Reserving *reserving, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, STATIONS);
	_cleanup_strv_ char **keep = NULL;

	for (size_t i = 0; i < reserving->index; i++) {
		const NetReserved *reserved = &reserving->reserved[i];

		if (strv_append(&keep, reserved->mac) < 0 ||
			strv_appendf(&keep, "%.*s", (int)strcspn(reserved->address, "/"),
				reserved->address) < 0)
			return error_oom(ret_error);
	}
	return directory ? reservation_release_all(directory, reserving->container, keep, ret_error)
			 : error_oom(ret_error);
}

int net_reserve(const char *container, const char *uuid, const Attachment *links, size_t n,
	NetReserved *ret, Error **ret_error)
{
	Reserving reserving = { .container = container, .uuid = uuid, .reserved = ret };
	int r = net_check(links, n, ret_error);

	if (r < 0 || n == 0)
		return r;
	for (; r >= 0 && reserving.index < n; reserving.index++)
		r = reserve_link(&reserving, &links[reserving.index], ret_error);
	if (r >= 0 && reserving.changed && reserving.had_some)
		r = release_former(&reserving, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot reserve the network addresses of container %s",
			       container)
		     : 0;
}

int net_release(const char *container, char *const *known, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, STATIONS),
			    *file = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	Subnet subnet;
	int r;

	if (!directory || !file)
		return error_oom(ret_error);
	r = file_exists(file) ? load_subnet(&subnet, ret_error) : 0; /* moves former ones */
	STRV_FOREACH (thing, known) {
		_cleanup_free_ char *path = station_path(*thing);

		if (r == 0)
			r = path ? reservation_release(path, container, ret_error)
				 : error_oom(ret_error);
	}
	if (r == 0 && !known)
		r = reservation_release_all(directory, container, NULL, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot release the network addresses of container %s",
			       container)
		     : 0;
}
