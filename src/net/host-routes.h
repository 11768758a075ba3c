/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The IPv4 routes of the host, as far as they may be in the way of a network of ours.
 */
#pragma once

#include "base/error.h"
#include "net/address.h"
#include "net/kinds.h"

typedef struct HostRoute {
	Subnet target;
	char interface[NET_LINK_SIZE];
} HostRoute;

typedef struct HostRoutes {
	HostRoute *list;
	size_t count;
} HostRoutes;

void host_routes_done(HostRoutes *routes);
#define _cleanup_routes_ _cleanup_(host_routes_done)

/* All but the default route and those of our own bridges. */
int host_routes_read(HostRoutes *ret, Error **ret_error);
/* The same of the text of /proc/net/route. */
int host_routes_parse(const char *text, HostRoutes *ret, Error **ret_error);

/* The first that overlaps with a subnet, but for those of an interface; NULL: none. */
const HostRoute *host_routes_find(const HostRoutes *routes, Subnet subnet, const char *but);
