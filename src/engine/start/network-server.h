/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The DHCP and DNS server of a network of ours that has dhcp= or dns= in its file: dnsmasq. It is started with the network's first container and ends with its
 * last one; in between the supervisors of all of them see it die, and one starts it again (engine/keep/network-keeper). It runs in the host's network, where the
 * bridge is, and has nothing else of the host: no user of the host's (it is root of a user namespace of its own), no capability over any network, the host's
 * programs, its configuration and its leases. So its ports are above 1024, and nftables leads to them.
 *
 * It knows what we reserved: a MAC address has its own address alone, and a name is that of a container that runs. What containers say, names in requests
 * included, is not believed.
 */
#pragma once

#include "engine/spec/spec.h"
#include "net/own-network.h"

/* -ENOENT: the host does not have the program. */
int network_server_need(Error **ret_error);
/* Once the links are there: tells the server of each network about the container, and starts it where it does not run. */
int network_server_join(const Spec *spec, Error **ret_error);
/* Once they have gone. */
int network_server_leave(const Spec *spec, Error **ret_error);
/* After net_restore(): starts those again that have died, or whose bridge is another one, and writes down what was found. */
int network_server_restore(const Spec *spec, Error **ret_error);

/* A pidfd of the server of the link's network. -ENOENT: it has none; -ESRCH: it does not run. */
int network_server_open(const Attachment *link);
bool network_server_has_died(const Attachment *link);
/* Writes down the host's name servers for the servers of these networks, where they are others than before. */
int network_server_follow(const Spec *spec, Error **ret_error);

/* A line for each lease, as dnsmasq writes them: when it ends (seconds since 1970), MAC address, address, name or "*", client id or "*". */
int network_server_leases(const Network *network, char **ret, Error **ret_error);

/* The child. */
typedef struct ServerProcess {
	const char *etc, *var; /* directories, the second one its own */
	int ready_fd, go_fd,
		err_fd; /* it closes ready_fd when it waits for its ids, and goes on at the end of go_fd */
} ServerProcess;
_noreturn_ void network_server_become(const ServerProcess *p);
