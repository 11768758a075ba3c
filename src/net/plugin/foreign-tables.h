/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nftables tables of others that drop what our networks forward: an accept of ours does not help there.
 */
#pragma once

#include "base/error.h"

/* Appends a sentence for each chain of hook forward with policy drop in whose table no rule is about one of our interfaces: what is dropped, and the rules
 * that allow it. */
int foreign_tables_warn(const char *bridge, char ***lines, Error **ret_error);
