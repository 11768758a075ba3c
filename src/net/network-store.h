/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store of named networks: which there are, making one that fits the host, removing one. The caller holds the lock while it looks who uses one.
 */
#pragma once

#include "net/own-network.h"

int network_store_lock(int *ret_fd, Error **ret_error); /* close to unlock */

/* Names of all, sorted, without the default one. */
int network_store_names(char ***ret, Error **ret_error);

/* Completes what was asked: bridge, and subnet if prefix 0; checked against addresses, routes and the other networks. Writes the file. -EEXIST: the name is
 * taken. -EADDRINUSE. The lock is held. */
int network_store_add(Network *network, Error **ret_error);
int network_store_remove(const char *name, Error **ret_error);

/* Does it run: are there ports of containers on its bridge? */
bool network_store_is_active(const Network *network);
