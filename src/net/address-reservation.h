/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses of the default network: reserving, releasing, choosing the subnet.
 */
#pragma once

#include "desc/desc.h"
#include "net/address.h"

/* The first of our candidate networks that no route overlaps. routes: the text of /proc/net/route; the default route and those
 * of our own bridge do not count. -EADDRNOTAVAIL when there is none. */
int reserve_choose_subnet(const char *routes, Subnet *ret, Error **ret_error);

/* Reserves on disk an address of the default network (and a MAC address) for each network of the description that needs one, and writes them into it.
 * Idempotent for a container that has its reservations. -EADDRNOTAVAIL when the range is used up. */
int net_reserve(Desc *desc, Error **ret_error);
int net_release(const char *container, Error **ret_error);

/* First address without prefix length ("10.209.0.2"), newly allocated; NULL when there is none. */
int net_address(const Desc *desc, char **ret, Error **ret_error);
