/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Choosing the subnet of the default network. (Reserving and releasing are in net.h.)
 */
#pragma once

#include "base/error.h"
#include "net/address.h"

/* The first of our candidate networks that no route overlaps. routes: the text of /proc/net/route; the default route and those
 * of our own bridge do not count. -EADDRNOTAVAIL when there is none. */
int reserve_choose_subnet(const char *routes, Subnet *ret, Error **ret_error);
