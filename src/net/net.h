/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Links and addresses. Knows network namespaces as descriptors only; the caller decides when. The netlink and nftables code is in a
 * plug-in that is loaded when a container has a network other than none or host.
 */
#pragma once

#include "base/error.h"
#include "net/attachment.h"

/* Asks the host whether the links can be given: net_attach() does, too. -EINVAL; -EADDRINUSE: an address is the host's. */
int net_check(const Attachment *links, size_t n, Error **ret_error);
/* Bridges and interfaces of the host that links are made on, and named networks: there, and of their kind? */
int net_check_sources(const Attachment *links, size_t n, Error **ret_error);

/* Needs /proc/sys when it is the first container of the default network. Brings up lo in the namespace, makes bridge, NAT and veth pairs as said and configures the inside: addresses, routes. Everything made is undone on failure. */
int net_attach(
	const char *container, const Attachment *links, size_t n, int netns_fd, Error **ret_error);
/* Removes the host side; bridge and NAT go with the last container. Missing is success. */
int net_detach(const char *container, const Attachment *links, size_t n, Error **ret_error);

/* Makes again what is missing of the networks of links that are up: rules, bridge, ports. What was found is in network-watch.h's record; what cannot be made
 * takes the ports of all containers there down. */
int net_restore(const Attachment *links, size_t n, Error **ret_error);

/* Publishes what the links of a running container now say, in place of what was. */
int net_publish(const char *container, const Attachment *links, size_t n, bool keep,
	Error **ret_error); /* keep: connections through what is no longer published stay */
/* The same for who may reach it, and whom it may reach. */
int net_reach(const char *container, const Attachment *links, size_t n, Error **ret_error);
/* Their bandwidth, as the links now say. */
int net_limit(const Attachment *links, size_t n, Error **ret_error);
/* Who reaches whom, see plugin/reach-list.h. */
int net_reach_list(const char *container, char ***ret, Error **ret_error);
/* What the ports of these links on networks of ours let through, as kinds.h has it, appended to *faults. */
int net_port_faults(const Attachment *links, size_t n, char ***faults, Error **ret_error);
/* Takes back what was published for processes that are no more. */
int net_publish_none_of_dead(Error **ret_error);

/* What of the host is in the way of these links, as sentences with what to do: tables that drop, routes that cover. *ret NULL: nothing. */
int net_warn(const Attachment *links, size_t n, char ***ret, Error **ret_error);

/* All addresses of the links, without prefix lengths: those that are given or reserved, and of a network of ours that of IPv6. */
int net_addresses(const Attachment *links, size_t n, char ***ret, Error **ret_error);

/* Only lo up in the namespace of the caller: for -N none. Needs no plug-in. */
int net_loopback_up(Error **ret_error);
