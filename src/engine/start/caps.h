/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities of a process. In each mask bit n is capability n.
 */
#pragma once

#include "engine/spec/spec.h"

/* Restricts what the calling process and its children can ever gain to the mask: the bounding set.
 * The process has CAP_SETPCAP in its user namespace. */
int caps_bound(uint64_t mask, Error **ret_error);

/* Restricts what it has to the other four sets. After caps_bound(), as root of its user namespace. */
int caps_apply(const SpecCapabilities *caps, Error **ret_error);
