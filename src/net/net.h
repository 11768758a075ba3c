/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Links and addresses. Knows network namespaces as descriptors only; the caller decides when. The netlink and nftables code is in a
 * plug-in that is loaded when a container has a network other than none or host.
 */
#pragma once

#include "desc/desc.h"

/* Reserves on disk an address of the default network (and a MAC address) for each network of the description that needs one, and writes them into it.
 * Idempotent for a container that has its reservations. -EADDRNOTAVAIL when the range is used up. */
int net_reserve(Desc *desc, Error **ret_error);
int net_release(const char *container, Error **ret_error);

/* Needs /proc/sys when it is the first container of the default network. Brings up lo in the namespace, makes bridge, NAT and veth pairs as described and configures the inside: addresses, routes. Host-side names derive from
 * the container's uuid and index, at most 15 characters. Everything made is undone on failure. */
int net_attach(const Desc *desc, int netns_fd, Error **ret_error);
/* Removes the host side; bridge and NAT go with the last container. Missing is success. */
int net_detach(const Desc *desc, Error **ret_error);

/* Only lo up in the namespace of the caller: for -N none. Needs no plug-in. */
int net_loopback_up(Error **ret_error);

/* First address without prefix length ("10.209.0.2"), newly allocated; NULL when the description has none. */
int net_address(const Desc *desc, char **ret, Error **ret_error);
