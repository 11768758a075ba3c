/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's port on a bridge: what it holds by itself, without any rule.
 */
#pragma once

#include "net/plugin/rtnetlink.h"

/* Locks the port to one MAC address, and isolates it from other isolated ones; then it is brought up. -EOPNOTSUPP: the kernel cannot. */
int bridge_port_dress(Exchange *host, const char *name, const uint8_t mac[static MAC_SIZE],
	bool isolated, Error **ret_error);
