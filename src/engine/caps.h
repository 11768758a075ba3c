/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities of a container: an allow-list for each kind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "desc/desc.h"

/* Bit n is capability n. own_net: the container has a network namespace of its own; net_admin: and
 * its root administers it. */
uint64_t caps_allowed(DescKind kind, bool own_net, bool net_admin);

/* Restricts what the calling process and its children can ever gain to the mask: the bounding set.
 * The process has CAP_SETPCAP in its user namespace. */
int caps_bound(uint64_t mask, Error **ret_error);

/* Restricts what it has: permitted and effective are the mask, inheritable and ambient are empty.
 * After caps_bound(), as root of its user namespace. */
int caps_apply(uint64_t mask, Error **ret_error);
