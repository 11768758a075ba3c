/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who reaches whom just now, as the kernel's sets have it.
 */
#pragma once

#include "net/own-network.h"

/* Appends four texts for each way that is open: from, to, port and the rule. container: only what it takes part in; NULL: all. */
int reach_list(const Network *network, const char *container, char ***rows, Error **ret_error);
