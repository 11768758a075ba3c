/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's table of connections, as far as it remembers containers.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/* Forgets every connection from or to the IPv4 address (host byte order), so that who gets it next takes over none. Nothing with this address may be let
 * pass any more, else there are new ones. */
int conntrack_forget(uint32_t address, Error **ret_error);
