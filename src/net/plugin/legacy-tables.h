/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules that the older interface of the kernel has (iptables-legacy), which nftables does not list: is there a FORWARD chain that drops?
 */
#pragma once

#include "base/error.h"

/* Adds sentences with the rules to add. A table that is not there is not made by looking. */
int legacy_tables_warn(const char *bridge, char ***lines, Error **ret_error);
