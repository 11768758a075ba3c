/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rtnetlink requests that we make, each a function that adds one to an exchange. Links are named by name or index of the
 * exchange's namespace.
 */
#pragma once

#include <stdbool.h>

#include "net/address.h"
#include "net/kinds.h"
#include "net/plugin/exchange.h"

typedef struct LinkInfo {
	int index; /* 0: there is no such link */
	uint32_t mtu;
	uint8_t mac[MAC_SIZE];
	char name[NET_LINK_SIZE];
	int lower,
		master; /* indices of the interface it is made on, and of its bridge or bond; 0: none */
	char kind[16]; /* "bridge", "veth", ...; "" for hardware */
	bool isolated, locked, learning, flooded; /* as a port of a bridge; flooded: with unicast */
	char alias[16];
} LinkInfo;

/* An exchange of its own. A link that is not there is index 0, not an error. */
int link_get(Exchange *exchange, const char *name, LinkInfo *ret, Error **ret_error);

int link_get_index(Exchange *exchange, int index, LinkInfo *ret, Error **ret_error);

void link_add_bridge(Exchange *exchange, const char *name, const uint8_t mac[static MAC_SIZE]);

/* Gives the bridge the address that it has: else it takes the lowest one of its ports, and its neighbours lose it when a port comes or goes. */
void link_pin_mac(Exchange *exchange, int index, const uint8_t mac[static MAC_SIZE]);

typedef struct VethSpec {
	const char *name; /* on the host's side */
	int bridge; /* index of its bridge; 0: none */
	const char *peer_name; /* inside */
	int peer_netns_fd;
	uint8_t peer_mac[MAC_SIZE];
	uint32_t mtu, peer_mtu;
} VethSpec;
void link_add_veth(Exchange *exchange, const VethSpec *spec);

typedef struct UpperSpec {
	const char *name;
	int parent; /* index of what it is made on */
	int netns_fd; /* where it is made */
	uint8_t mac[MAC_SIZE];
	uint32_t mtu; /* 0: the parent's */
} UpperSpec;
/* mode: MACVLAN_MODE_*; private: it cannot talk to other macvlans of the same interface. */
void link_add_macvlan(Exchange *exchange, const UpperSpec *spec, uint32_t mode);
void link_add_vlan(Exchange *exchange, const UpperSpec *spec, unsigned int id);

/* Moves an interface to another namespace and names it there. */
void link_move(Exchange *exchange, int index, const char *new_name, int netns_fd);
void link_set_mac(Exchange *exchange, int index, const uint8_t mac[static MAC_SIZE]);
void link_set_mtu(Exchange *exchange, int index, uint32_t mtu);
/* A remark that `ip link` shows, by which we know it again. */
void link_set_alias(Exchange *exchange, int index, const char *alias);

/* Makes a bridge's port locked: only stations in the forwarding table may send from it (and nothing is learned); isolated: it
 * exchanges frames with the bridge itself and ports that are not isolated, only. */
void link_lock_port(Exchange *exchange, int index, bool isolated);
/* A station of a port, for ever: the one address that a locked port lets in. */
void link_add_station(Exchange *exchange, int index, const uint8_t mac[static MAC_SIZE]);

void link_set_up(Exchange *exchange, int index, const char *name);
void link_set_down(Exchange *exchange, int index, const char *name);
/* Makes it a port of a bridge. */
void link_set_master(Exchange *exchange, int index, int master);
/* Asks for the link's state and thereby (Linux 6.8) makes the kernel act on its carrier now. Otherwise a worker does it some
 * milliseconds later, and until then a link that is up drops what is sent: the first packet of a connection, at the cost of a second. */
void link_settle(Exchange *exchange, const char *name);
void link_rename(Exchange *exchange, int index, const char *name);
/* No link-local IPv6 address by itself. Success where the kernel has no IPv6. */
void link_no_ipv6_autoconf(Exchange *exchange, int index);
void link_delete(Exchange *exchange, const char *name); /* missing is success */

void address_add(Exchange *exchange, int index, const IpAddress *address);
/* The same without a route to what its prefix says is beside it. */
void address_add_alone(Exchange *exchange, int index, const IpAddress *address);
/* The same with who is at the other end. */
void address_add_peer(
	Exchange *exchange, int index, const IpAddress *address, const IpAddress *peer);
/* A NULL target is the default route. */
void route_add(Exchange *exchange, int index, const IpAddress *target, const IpAddress *gateway);

/* The gateway is on the link, and the network behind it. */
void route_add_network(
	Exchange *exchange, int index, const IpAddress *network, const IpAddress *gateway);

/* Who has an address, for ever: the neighbour table asks nobody and believes nobody else. */
void neighbour_add(Exchange *exchange, int index, const IpAddress *address,
	const uint8_t mac[static MAC_SIZE]);
void neighbour_delete(
	Exchange *exchange, int index, const IpAddress *address); /* missing is success */

/* What comes from the interface and is for the network, which is behind the same, is routed if it has the mark, and else refused. */
void rules_add_marked(
	Exchange *exchange, const char *interface, const IpAddress *network, uint32_t mark);
void rules_delete_marked(
	Exchange *exchange, const char *interface, int family); /* missing is success */
