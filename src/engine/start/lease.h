/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses by DHCP for a container without a systemd of its own: a client of the host's, in a sandbox of its own, beside the container as long as that runs.
 */
#pragma once

#include "engine/engine.h"

/* What the client's program of an event, virt-sandbox-lease, sends one byte to when the address is there: an abstract socket in the container's network namespace, with the
 * interface's name behind it. */
#define LEASE_SOCKET "virt-sandbox-lease-"

/* For each link that asks: starts a client and returns when it has set an address. The container's namespaces are there, and its links; nothing runs in it yet.
 * -ETIMEDOUT: no server has answered. */
int lease_take(const Spec *spec, Run *run, int netns_fd, Error **ret_error);
/* Ends the clients. */
void lease_end(Run *run);

/* The child: the client of the interface. userns_fd and netns_fd are the container's. Its standard error is what it ends with. */
typedef struct LeaseClient {
	char **argv; /* without the directory of the program */
	char *event_program;
	uid_t root; /* the host's id of root inside */
	int userns_fd, netns_fd, err_fd;
} LeaseClient;
_noreturn_ void lease_become_client(const LeaseClient *client);
