/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of kinds of networks.
 */
#include "net/kinds.h"

#include <string.h>

static const NetKind kinds[_DESC_NETWORK_TYPE_MAX] = {
	[DESC_NETWORK_NONE] = { .name = "none" },
	[DESC_NETWORK_DEFAULT] = { .name = "default", .has_link = true, .reserves_address = true },
	[DESC_NETWORK_HOST] = { .name = "host" },
	[DESC_NETWORK_BRIDGE] = { .name = "bridge", .has_link = true, .needs_source = true },
	[DESC_NETWORK_MACVLAN] = { .name = "macvlan", .has_link = true, .needs_source = true },
};

const uint8_t net_bridge_mac[MAC_SIZE] = { 0x52, 0x54, 0x00, 0x76, 0x73, 0x62 };

bool net_name_is_ours(const char *name)
{
	return strncmp(name, "vsb", strlen("vsb")) == 0;
}

const NetKind *net_kind(DescNetworkType type)
{
	return &kinds[type];
}
