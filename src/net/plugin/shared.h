/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all containers of a network of ours share: the bridge, the nftables table and the host's forwarding. It comes with
 * the first port and goes with the last one.
 */
#pragma once

#include "net/plugin/rtnetlink.h"
#include "net/plugin/ports.h"

/* Held while a container joins, gets its links, and leaves: so a record without a link is a dead container's. Close to unlock. */
int shared_lock(int *ret_fd, Error **ret_error);

/* The network of a link as this host can give it: without IPv6 where the kernel has none, or its administrator wants none. name NULL: the default one. */
int shared_network(const char *name, Network *ret, Error **ret_error);

/* Records the port and makes everything that is not there yet. *ret_bridge is the bridge's index. On failure shared_leave() cleans up. */
int shared_join(Exchange *host, const Port *port, const Network *network, int *ret_bridge,
	Error **ret_error);

/* Makes what is missing of bridge and rules of a network that has ports. ret_changed: something was. */
int shared_make_whole(Exchange *host, const Network *network, int *ret_bridge, bool *ret_changed,
	Error **ret_error);

/* Undoes shared_join(), also one that got half-way or whose process was killed. A missing port is success. */
int shared_leave(Exchange *host, const char *name, Error **ret_error);
