/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of networks and the names that the library and its plug-ins agree on.
 */
#pragma once

#include <stdbool.h>

#include "desc/desc.h"
#include "net/address.h"
#include "net/attachment.h"

#define NET_BRIDGE "vsb0" /* of the default network */
#define NET_LINK_SIZE 16 /* IFNAMSIZ: a link's name with its NUL */
extern const uint8_t
	net_bridge_mac[MAC_SIZE]; /* fixed, else a bridge takes the lowest one of its ports */

/* Bridge and ports of ours; nobody else's links have such names. */
bool net_name_is_ours(const char *name);

/* One row for each DescNetworkType. */
typedef struct NetKind {
	const char *name; /* for error sentences */
	bool has_link; /* it gives the container an interface: eth0, eth1, ... and the plug-in is needed */
	bool reserves_address; /* the address is ours to give */
	bool needs_source; /* the description must name a bridge or an interface of the host */
} NetKind;

const NetKind *net_kind(DescNetworkType type);

/* What desc_resolve() cannot know: which of the things that can be described can be done. -EOPNOTSUPP, -EINVAL. */
int net_check(const Desc *desc, Error **ret_error);

/* What the plug-in `net` exports as vsb_plugin_net. */
typedef struct NetPlugin {
	int (*attach)(const char *container, const Attachment *links, size_t n, int netns_fd,
		Error **ret_error);
	int (*detach)(const char *container, const Attachment *links, size_t n, Error **ret_error);
} NetPlugin;
