/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names that are ours.
 */
#include "net/kinds.h"

#include <string.h>

const uint8_t net_bridge_mac[MAC_SIZE] = { 0x52, 0x54, 0x00, 0x76, 0x73, 0x62 };

bool net_name_is_ours(const char *name)
{
	return strncmp(name, "vsb", strlen("vsb")) == 0 ||
	       strncmp(name, "vsn", strlen("vsn")) == 0 || strncmp(name, "vsi", strlen("vsi")) == 0;
}
