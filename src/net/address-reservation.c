/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reservations on disk: one file, read and replaced under one lock. There is no daemon to remember them, so that a stopped
 * container's addresses are as safe as a running one's.
 */
#include "net/address-reservation.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "net/kinds.h"
#include "net/net.h"
#include "net/reservations.h"

/* Candidates are 10.209.0.0/16 to 10.254.0.0/16: away from the low ones that people give to their own networks, and from
 * 172.17.0.0/16 and 192.168.122.0/24 of other tools. */
#define CANDIDATE_FIRST 209u
#define CANDIDATE_LAST 254u
#define CANDIDATE_PREFIX 16u
#define MAC_ATTEMPTS_MAX                                                                           \
	1000u /* derived MAC addresses tried before giving up; 24 bits are free, so one or two suffice */

#define ROUTES "/proc/thread-self/net/route"

/* One line of /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask ..., numbers in hex as they are in memory. */
static bool route_overlaps(const char *line, Subnet candidate)
{
	unsigned int destination, mask;
	char interface[16];

	if (sscanf(line, "%15s %8x %*x %*x %*d %*d %*d %8x", interface, &destination, &mask) != 3)
		return false; /* the heading */
	if (mask == 0 || strcmp(interface, NET_BRIDGE) == 0)
		return false;
	return subnet_overlaps(
		candidate, (Subnet){ .network = __builtin_bswap32(destination),
				   .prefix = (unsigned int)__builtin_popcount(mask) });
}

int reserve_choose_subnet(const char *routes, Subnet *ret, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL;

	if (strv_split(&lines, routes, "\n") < 0)
		return error_oom(ret_error);
	for (uint32_t i = CANDIDATE_FIRST; i <= CANDIDATE_LAST; i++) {
		Subnet candidate = { .network = 10u << 24 | i << 16, .prefix = CANDIDATE_PREFIX };
		bool taken = false;

		STRV_FOREACH (line, lines)
			taken = taken || route_overlaps(*line, candidate);
		if (!taken) {
			*ret = candidate;
			return 0;
		}
	}
	return error_set(ret_error, EADDRNOTAVAIL,
		"the host has routes to all networks from 10.%u.0.0/16 to 10.%u.0.0/16",
		CANDIDATE_FIRST, CANDIDATE_LAST);
}

static int choose_subnet(Subnet *ret, Error **ret_error)
{
	_cleanup_free_ char *routes = NULL;
	int r;

	r = file_read(ROUTES, &routes, NULL, ret_error);
	if (r < 0)
		return r;
	return reserve_choose_subnet(routes, ret, ret_error);
}

/* The file, opened with its lock held. */
typedef struct Store {
	char *path;
	int lock_fd;
} Store;

static void store_done(Store *store)
{
	free(store->path);
	(void)fd_close(store->lock_fd);
}

static int store_open(Store *store, Error **ret_error)
{
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "addresses.lock");

	store->path = layout_pathf(LAYOUT_RESERVATIONS, "addresses");
	if (!lock || !store->path)
		return error_oom(ret_error);
	return file_lock(lock, &store->lock_fd, ret_error);
}

static int store_load(const Store *store, Reservations *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!file_exists(store->path)) {
		r = choose_subnet(&ret->subnet, ret_error);
		return r < 0 ? error_wrap(ret_error,
				       "choose the subnet of the default network; to choose one "
				       "yourself, write \"subnet ADDRESS/PREFIX\" to %s",
				       store->path)
			     : 0;
	}
	r = file_read(store->path, &text, NULL, ret_error);
	if (r < 0)
		return r;
	r = reservations_parse(text, ret, ret_error);
	return r < 0 ? error_wrap(ret_error, "%s", store->path) : 0;
}

static int store_save(const Store *store, const Reservations *reservations, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = reservations_format(reservations, &text, ret_error);
	if (r < 0)
		return r;
	return file_write_atomic(store->path, text, strlen(text), 0600, ret_error);
}

static int choose_mac(const Reservations *reservations, const Desc *desc, unsigned int index,
	uint8_t ret[static MAC_SIZE], Error **ret_error)
{
	const char *wanted = desc->networks[index].mac;
	const Reservation *holder;

	if (wanted) {
		if (mac_parse(wanted, ret) < 0)
			return error_set(ret_error, EINVAL,
				"%s is not the MAC address of a single station", wanted);
		if (memcmp(ret, net_bridge_mac, MAC_SIZE) == 0)
			return error_set(ret_error, EADDRINUSE,
				"the MAC address %s is that of the bridge of the default network",
				wanted);
		holder = reservations_find_mac(reservations, ret);
		if (holder)
			return error_set(ret_error, EADDRINUSE,
				"the MAC address %s belongs to container %s; remove `mac=` "
				"to get a new one",
				wanted, holder->container);
		return 0;
	}
	for (unsigned int attempt = 0; attempt < MAC_ATTEMPTS_MAX; attempt++) {
		mac_derive(desc->uuid, index, attempt, ret);
		if (memcmp(ret, net_bridge_mac, MAC_SIZE) != 0 &&
			!reservations_find_mac(reservations, ret))
			return 0;
	}
	return error_set(ret_error, EADDRNOTAVAIL, "no free MAC address found");
}

/* On another network an address is the administrator's to give, but not one that a container of the default network is known by. */
static int refuse_reserved(
	const Reservations *reservations, const DescNetwork *network, Error **ret_error)
{
	STRV_FOREACH (text, network->addresses) {
		const Reservation *holder = NULL;
		IpAddress ip;

		if (ip_parse(*text, &ip) == 0 && ip.family == AF_INET)
			holder = reservations_find_address(reservations, ip_v4(&ip));
		if (holder)
			return error_set(ret_error, EADDRINUSE,
				"the address %s belongs to container %s", *text, holder->container);
	}
	return 0;
}

static int choose_address(const Reservations *reservations, const DescNetwork *network,
	uint32_t *ret, Error **ret_error)
{
	const char *wanted = network->addresses ? network->addresses[0] : NULL;
	const Reservation *holder;
	char text[IPV4_TEXT_SIZE];
	Subnet subnet = reservations->subnet;
	uint32_t address;
	IpAddress ip;

	if (!net_kind(network->type)->reserves_address) {
		*ret = 0;
		return refuse_reserved(reservations, network, ret_error);
	}
	if (!wanted)
		return reservations_free_address(reservations, ret, ret_error);
	ipv4_format(subnet.network, subnet.prefix, text);
	if (network->addresses[1] || ip_parse(wanted, &ip) < 0 || ip.family != AF_INET)
		return error_set(ret_error, EINVAL,
			"a container has exactly one IPv4 address in the default network; \"%s\" "
			"cannot be it",
			network->addresses[1] ? network->addresses[1] : wanted);
	address = ip_v4(&ip);
	/* Its prefix length does not matter: an address given without one has a default's. */
	if (address < subnet_first(subnet) || address > subnet_last(subnet))
		return error_set(ret_error, EADDRNOTAVAIL,
			"the address %s is not a container's in the default network %s; remove "
			"`address=` to get a new one",
			wanted, text);
	holder = reservations_find_address(reservations, address);
	if (holder)
		return error_set(ret_error, EADDRINUSE,
			"the address %s belongs to container %s; remove `address=` to get a new "
			"one",
			wanted, holder->container);
	*ret = address;
	return 0;
}

/* Does the reservation that the container has serve what its description asks for? */
static bool reservation_fits(const Reservation *entry, const DescNetwork *network)
{
	uint8_t mac[MAC_SIZE];
	IpAddress ip;

	if (network->mac &&
		(mac_parse(network->mac, mac) < 0 || memcmp(mac, entry->mac, MAC_SIZE) != 0))
		return false;
	if (!net_kind(network->type)->reserves_address)
		return entry->address == 0;
	if (!network->addresses || !network->addresses[0])
		return entry->address != 0;
	return !network->addresses[1] && ip_parse(network->addresses[0], &ip) == 0 &&
	       ip_v4(&ip) == entry->address;
}

/* Makes the table hold what the description needs, old entries that no longer fit are replaced. 1: it was changed. */
static int reserve_all(Reservations *reservations, const Desc *desc, Error **ret_error)
{
	bool fits = true;
	int r;

	for (unsigned int i = 0; i < desc->n_networks; i++) {
		const Reservation *entry = reservations_find(reservations, desc->name, i);

		if (net_kind(desc->networks[i].type)->has_link)
			fits = fits && entry && reservation_fits(entry, &desc->networks[i]);
	}
	if (fits)
		return 0;
	(void)reservations_remove(
		reservations, desc->name); /* how many there were does not matter */
	for (unsigned int i = 0; i < desc->n_networks; i++) {
		const DescNetwork *network = &desc->networks[i];
		Reservation entry = { .container = desc->name, .index = i };

		if (!net_kind(network->type)->has_link)
			continue;
		r = choose_mac(reservations, desc, i, entry.mac, ret_error);
		if (r == 0)
			r = choose_address(reservations, network, &entry.address, ret_error);
		if (r == 0)
			r = reservations_add(reservations, &entry, ret_error);
		if (r < 0)
			return r;
	}
	return 1;
}

static int write_back(Reservations *reservations, Desc *desc, Error **ret_error)
{
	for (unsigned int i = 0; i < desc->n_networks; i++) {
		const Reservation *entry = reservations_find(reservations, desc->name, i);
		_cleanup_strv_ char **addresses = NULL;
		_cleanup_free_ char *mac = NULL;
		char text[IPV4_TEXT_SIZE];

		if (!entry)
			continue;
		mac = malloc(MAC_TEXT_SIZE);
		if (!mac)
			return error_oom(ret_error);
		mac_format(entry->mac, mac);
		free(desc->networks[i].mac);
		desc->networks[i].mac = TAKE_PTR(mac);
		if (entry->address == 0)
			continue;
		ipv4_format(entry->address, reservations->subnet.prefix, text);
		if (strv_append(&addresses, text) < 0)
			return error_oom(ret_error);
		strv_free(desc->networks[i].addresses);
		desc->networks[i].addresses = TAKE_PTR(addresses);
	}
	return 0;
}

static bool needs_reservation(const Desc *desc)
{
	for (size_t i = 0; i < desc->n_networks; i++)
		if (net_kind(desc->networks[i].type)->has_link)
			return true;
	return false;
}

int net_reserve(Desc *desc, Error **ret_error)
{
	_cleanup_reservations_ Reservations reservations = { 0 };
	_cleanup_(store_done) Store store = { .lock_fd = -EBADF };
	int r;

	r = net_check(desc, ret_error);
	if (r < 0)
		return r;
	if (!needs_reservation(desc))
		return 0;
	r = store_open(&store, ret_error);
	if (r == 0)
		r = store_load(&store, &reservations, ret_error);
	if (r == 0)
		r = reserve_all(&reservations, desc, ret_error);
	if (r > 0)
		r = store_save(&store, &reservations, ret_error);
	if (r == 0)
		r = write_back(&reservations, desc, ret_error);
	return r < 0 ? error_wrap(ret_error, "reserve the network addresses of container %s",
			       desc->name)
		     : 0;
}

int net_release(const char *container, Error **ret_error)
{
	_cleanup_reservations_ Reservations reservations = { 0 };
	_cleanup_(store_done) Store store = { .lock_fd = -EBADF };
	int r;

	r = store_open(&store, ret_error);
	if (r == 0 && !file_exists(store.path))
		return 0;
	if (r == 0)
		r = store_load(&store, &reservations, ret_error);
	if (r == 0 && reservations_remove(&reservations, container) > 0)
		r = store_save(&store, &reservations, ret_error);
	return r < 0 ? error_wrap(ret_error, "release the network addresses of container %s",
			       container)
		     : 0;
}
