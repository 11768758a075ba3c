/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One link on its way up: attach.c makes one of each kind, inside.c configures its end in the container, links-plugin.c does so for all of a container.
 */
#pragma once

#include "net/attachment.h"
#include "net/netns.h"
#include "net/plugin/ports.h"
#include "net/plugin/rtnetlink.h"

#define OURS "virt-sandbox" /* alias of interfaces whose name is the administrator's */

typedef struct Attaching {
	const char *container;
	const Attachment *link;
	bool first; /* the one whose way leads to the world, unless another is named */
	bool again; /* one before it is on the same network of ours, and has the way to it */
	bool routes_v4, routes_v6; /* a route that is given leads there */
	int netns_fd;
	Exchange *host, *inside;
	char host_name[NET_LINK_SIZE], inside_name[NET_LINK_SIZE];
	char bridge[NET_LINK_SIZE]; /* that it is a port of */
	uint8_t mac[MAC_SIZE];
} Attaching;

/* Publishes what the link says. Our parent holds the sockets: who started this program. */
int publish_link(const Attachment *link, const Port *port, bool keep, Error **ret_error);
int attach_one(Attaching *a, Error **ret_error);
/* By its name or, where that is the administrator's, its alias; false for one that there is not. */
bool link_is_ours(const LinkInfo *link);

/* Index of the link of that name inside. */
int inside_index(const Attaching *a, const char *name, int *ret, Error **ret_error);
/* Addresses and routes; the link is up then. */
int inside_add_described(Attaching *a, int index, Error **ret_error);
void inside_know_ipv6(Attaching *a);
