/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a description may give a container on a network of the host: no address that is none of a single station, and none that the host itself has.
 */
#pragma once

#include "base/error.h"
#include "net/attachment.h"

/* Has the host the bridge, or an interface that can have a macvlan? -ENODEV or -EINVAL; asked at create, when a mistake costs nothing yet. */
int given_check_source(const Attachment *network, Error **ret_error);

/* Addresses, MAC address and source of a network of type bridge or macvlan, as far as they are given; asked at create, and at each start: the host may have got one since. -EINVAL; -EADDRINUSE: they are the host's. */
int given_check(const Attachment *network, Error **ret_error);

/* As the kernel wants it: is the gateway a station in a network of the addresses, and the target not that network itself? -EINVAL. */
int given_check_route(
	char *const *addresses, const char *target, const char *gateway, Error **ret_error);
