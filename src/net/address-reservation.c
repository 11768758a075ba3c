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

static bool is_shared(const Attachment *link)
{
	return link->kind == ATTACHMENT_SHARED;
}

static int choose_mac(const Reservations *reservations, const Attachment *link, const char *uuid,
	unsigned int index, uint8_t ret[static MAC_SIZE], Error **ret_error)
{
	const char *wanted = link->mac;
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
		mac_derive(uuid, index, attempt, ret);
		if (memcmp(ret, net_bridge_mac, MAC_SIZE) != 0 &&
			!reservations_find_mac(reservations, ret))
			return 0;
	}
	return error_set(ret_error, EADDRNOTAVAIL, "no free MAC address found");
}

/* On another network an address is the administrator's to give, but not one that a container of the default network is known by. */
static int refuse_reserved(
	const Reservations *reservations, const Attachment *link, Error **ret_error)
{
	STRV_FOREACH (text, link->addresses) {
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

static int choose_address(
	const Reservations *reservations, const Attachment *link, uint32_t *ret, Error **ret_error)
{
	const char *wanted = link->addresses ? link->addresses[0] : NULL;
	const Reservation *holder;
	char text[IPV4_TEXT_SIZE];
	Subnet subnet = reservations->subnet;
	uint32_t address;
	IpAddress ip;

	if (!is_shared(link)) {
		*ret = 0;
		return refuse_reserved(reservations, link, ret_error);
	}
	if (!wanted)
		return reservations_free_address(reservations, ret, ret_error);
	ipv4_format(subnet.network, subnet.prefix, text);
	if (link->addresses[1] || ip_parse(wanted, &ip) < 0 || ip.family != AF_INET)
		return error_set(ret_error, EINVAL,
			"a container has exactly one IPv4 address in the default network; \"%s\" "
			"cannot be it",
			link->addresses[1] ? link->addresses[1] : wanted);
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
static bool reservation_fits(const Reservation *entry, const Attachment *link)
{
	uint8_t mac[MAC_SIZE];
	IpAddress ip;

	if (link->mac && (mac_parse(link->mac, mac) < 0 || memcmp(mac, entry->mac, MAC_SIZE) != 0))
		return false;
	if (!is_shared(link))
		return entry->address == 0;
	if (!link->addresses || !link->addresses[0])
		return entry->address != 0;
	return !link->addresses[1] && ip_parse(link->addresses[0], &ip) == 0 &&
	       ip_v4(&ip) == entry->address;
}

/* Makes the table hold what the container needs, old entries that no longer fit are replaced. 1: it was changed. */
static int reserve_all(Reservations *reservations, const char *container, const char *uuid,
	const Attachment *links, size_t n, Error **ret_error)
{
	bool fits = true;
	int r;

	for (unsigned int i = 0; i < n; i++) {
		const Reservation *entry = reservations_find(reservations, container, i);

		fits = fits && entry && reservation_fits(entry, &links[i]);
	}
	if (fits)
		return 0;
	(void)reservations_remove(
		reservations, container); /* how many there were does not matter */
	for (unsigned int i = 0; i < n; i++) {
		Reservation entry = { .container = (char *)container, .index = i };

		r = choose_mac(reservations, &links[i], uuid, i, entry.mac, ret_error);
		if (r == 0)
			r = choose_address(reservations, &links[i], &entry.address, ret_error);
		if (r == 0)
			r = reservations_add(reservations, &entry, ret_error);
		if (r < 0)
			return r;
	}
	return 1;
}

static void say_reserved(
	Reservations *reservations, const char *container, size_t n, NetReserved *ret)
{
	for (unsigned int i = 0; i < n; i++) {
		const Reservation *entry = reservations_find(reservations, container, i);

		mac_format(entry->mac, ret[i].mac);
		ret[i].address[0] = '\0';
		if (entry->address != 0)
			ipv4_format(entry->address, reservations->subnet.prefix, ret[i].address);
	}
}

int net_reserve(const char *container, const char *uuid, const Attachment *links, size_t n,
	NetReserved *ret, Error **ret_error)
{
	_cleanup_reservations_ Reservations reservations = { 0 };
	_cleanup_(store_done) Store store = { .lock_fd = -EBADF };
	int r = net_check(links, n, ret_error);

	if (r < 0 || n == 0)
		return r;
	r = store_open(&store, ret_error);
	if (r == 0)
		r = store_load(&store, &reservations, ret_error);
	if (r == 0)
		r = reserve_all(&reservations, container, uuid, links, n, ret_error);
	if (r > 0)
		r = store_save(&store, &reservations, ret_error);
	if (r == 0)
		say_reserved(&reservations, container, n, ret);
	return r < 0 ? error_wrap(ret_error, "reserve the network addresses of container %s",
			       container)
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
