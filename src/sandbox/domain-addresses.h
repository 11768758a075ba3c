/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses that a running container has.
 */
#pragma once

#include "engine/keep/state.h"

/* Appends four texts for each: interface, MAC, "ipv4" or "ipv6", address with its prefix length. Loopback is left out. */
int domain_addresses(const RunState *state, char ***ret, Error **ret_error);
