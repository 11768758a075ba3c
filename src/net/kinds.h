/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the library and its plug-in agree on.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "net/address.h"
#include "net/attachment.h"

#define NET_BRIDGE "vsb0" /* of the default network */
#define NET_LINK_SIZE 16 /* IFNAMSIZ: a link's name with its NUL */
extern const uint8_t
	net_bridge_mac[MAC_SIZE]; /* fixed, else a bridge takes the lowest one of its ports */

/* Bridge and ports of ours; nobody else's links have such names. */
bool net_name_is_ours(const char *name);

struct Network;

/* What net_port_faults() finds. */
#define NET_PORT_REACHES "reaches other ports"
#define NET_PORT_LEARNS "takes any address"
#define NET_PORT_FLOODED "gets what is for others"

/* What the plug-in `net` exports as vsb_plugin_net. */
typedef struct NetPlugin {
	int (*attach)(const char *container, const Attachment *links, size_t n, int netns_fd,
		Error **ret_error);
	int (*detach)(const char *container, const Attachment *links, size_t n, Error **ret_error);
	/* keep: who is connected through what is published no more stays. */
	int (*publish)(const char *container, const Attachment *links, size_t n, bool keep,
		Error **ret_error);
	int (*restore)(const Attachment *links, size_t n, Error **ret_error);
	int (*reach_list)(const struct Network *network, const char *container, char ***rows,
		Error **ret_error);
	int (*reach)(const char *container, const Attachment *links, size_t n, Error **ret_error);
	int (*warn)(const char *bridge, char ***lines, Error **ret_error);
	int (*limit)(const Attachment *links, size_t n, Error **ret_error);
	int (*publish_none_of_dead)(Error **ret_error);
	int (*port_faults)(const Attachment *links, size_t n, char ***faults, Error **ret_error);
} NetPlugin;
