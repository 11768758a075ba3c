/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses of the default network: reserving, releasing, choosing the subnet.
 */
#pragma once

#include "base/error.h"
#include "net/address.h"
#include "net/attachment.h"

/* The first of our candidate networks that no route overlaps. routes: the text of /proc/net/route; the default route and those
 * of our own bridge do not count. -EADDRNOTAVAIL when there is none. */
int reserve_choose_subnet(const char *routes, Subnet *ret, Error **ret_error);

/* What a link was given, as text; an empty address: none, the network is not ours. */
typedef struct NetReserved {
	char mac[MAC_TEXT_SIZE];
	char address[IPV4_TEXT_SIZE]; /* "10.209.0.2/16" */
} NetReserved;

/* Reserves on disk a MAC address for each link and an address for each of a network of ours: those that the link names, or free ones. ret has room for n.
 * Idempotent for a container that has its reservations. -EADDRNOTAVAIL when the range is used up. */
int net_reserve(const char *container, const char *uuid, const Attachment *links, size_t n,
	NetReserved *ret, Error **ret_error);
/* known: MAC addresses and addresses without prefix, all that it has; NULL: they are looked for among all. */
int net_release(const char *container, char *const *known, Error **ret_error);
