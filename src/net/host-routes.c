/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading /proc/net/route.
 */
#include "net/host-routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/strv.h"

#define ROUTES "/proc/thread-self/net/route"

void host_routes_done(HostRoutes *routes)
{
	free(routes->list);
	*routes = (HostRoutes){ 0 };
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ..., numbers in hex as they are in memory. */
int host_routes_parse(const char *text, HostRoutes *ret, Error **ret_error)
{
	_cleanup_routes_ HostRoutes routes = { 0 };
	_cleanup_strv_ char **lines = NULL;

	if (strv_split(&lines, text, "\n") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (line, lines) {
		unsigned int destination, mask;
		HostRoute route = { 0 };

		if (sscanf(*line, "%15s %8x %*x %*x %*d %*d %*d %8x", route.interface, &destination,
			    &mask) != 3 ||
			mask == 0 || net_name_is_ours(route.interface))
			continue; /* the heading, for one */
		route.target = (Subnet){ .network = __builtin_bswap32(destination),
			.prefix = (unsigned int)__builtin_popcount(mask) };
		if (array_room(&routes.list, routes.count, sizeof(*routes.list)) < 0)
			return error_oom(ret_error);
		routes.list[routes.count++] = route;
	}
	*ret = routes;
	routes = (HostRoutes){ 0 };
	return 0;
}

int host_routes_read(HostRoutes *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read(ROUTES, &text, NULL, ret_error);

	return r < 0 ? r : host_routes_parse(text, ret, ret_error);
}

const HostRoute *host_routes_find(const HostRoutes *routes, Subnet subnet, const char *but)
{
	for (size_t i = 0; i < routes->count; i++)
		if ((!but || strcmp(routes->list[i].interface, but) != 0) &&
			subnet_overlaps(routes->list[i].target, subnet))
			return &routes->list[i];
	return NULL;
}
