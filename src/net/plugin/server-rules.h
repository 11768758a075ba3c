/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules that lead to a network's own DHCP and DNS server, which has no right to ports below 1024. Text of nft's; in a network without one, nothing.
 */
#pragma once

#include "base/buf.h"
#include "net/own-network.h"

/* MAC . the same MAC, of each running container: whom a DHCP request may be about. */
#define SET_CLIENTS "clients"

void server_rules_prerouting(const Network *network,
	Buf *buf); /* before other addresses than those of stations are dropped */
void server_rules_input(const Network *network, Buf *buf);
void server_rules_chains(const Network *network, Buf *buf);
