/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network of ours: the default one, or one that the administrator made and named. A value; the text of its file, and where the file is.
 */
#pragma once

#include "base/error.h"
#include "net/address.h"
#include "net/kinds.h"

#define NETWORK_NAME_MAX 64 /* characters */
#define NETWORK_DEFAULT "default"
#define NETWORK_SUFFIX ".conf"
#define NETWORK_PREFIX6 64u /* bits of every IPv6 prefix of ours */

typedef enum NetworkMode {
	NETWORK_NAT, /* what leaves has the host's address */
	NETWORK_ROUTED, /* addresses are seen and reached outside, which has the route */
	NETWORK_ISOLATED, /* the host and its containers reach each other, nothing else */
	_NETWORK_MODE_MAX,
	_NETWORK_MODE_INVALID = -22,
} NetworkMode;

typedef struct Network {
	char name[NETWORK_NAME_MAX + 1];
	char bridge[NET_LINK_SIZE];
	NetworkMode mode;
	Subnet subnet;
	IpAddress prefix6; /* family 0: none */
	bool by_hand; /* a container may take a free address itself, which is then its port's */
	bool dhcp, dns; /* what a server of the network does, see engine/start/network-server.h */
	uint32_t first, last; /* who is given no address has one of these; 0: any */
} Network;

/* Where that server listens, which may not bind ports below 1024. */
#define NETWORK_DNS_PORT 21053
#define NETWORK_DHCP_PORT 21067

const char *network_mode_name(NetworkMode mode);

/* RFC 4193: 40 random bits, so that no two hosts have the same. */
int network_choose_prefix6(IpAddress *ret, Error **ret_error);

/* Letters, digits, "_", "-" and single dots, none of the words that -N has. -EINVAL. */
int network_check_name(const char *name, Error **ret_error);

/* What -N and the file say: "mode", "subnet", "ipv6", "bridge", "by-hand", "dhcp", "dns". -EINVAL; -ENOENT: unknown key; -EOPNOTSUPP. */
int network_set(Network *network, const char *key, const char *value, Error **ret_error);
/* Is the range of dhcp= one of its subnet? -EINVAL */
int network_check_range(const Network *network, Error **ret_error);
/* The text of the file. The sentence of a failure names the line. */
int network_parse(const char *text, const char *name, Network *ret, Error **ret_error);
int network_format(const Network *network, char **ret, Error **ret_error);

/* By its file; of the default one, "default", by the file "addresses". -ENOENT: there is none. */
int network_load(const char *name, Network *ret, Error **ret_error);
char *network_path(const char *name);
/* The host has IPv6 switched off, or none: whatever its prefix is, nobody on a network has an address of it. */
bool network_ipv6_is_off(void);

/* The MAC address of its bridge. */
void network_bridge_mac(const Network *network, uint8_t ret[static MAC_SIZE]);
bool network_is_bridge_mac(const uint8_t mac[static MAC_SIZE]);
/* The host's address in its IPv6 prefix, with that prefix; the one of who has this IPv4 address, alone (/128). family 0: it has none. */
IpAddress network_gateway6(const Network *network);
IpAddress network_address6(const Network *network, uint32_t address);
