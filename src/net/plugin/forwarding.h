/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host forwards packets of containers, and nothing else because of us. ip_forward is not touched: it resets other switches, and whoever sets it
 * meanwhile could not be told from us. Instead the interfaces that have IPv4 routes forward; which of them we switched on is on disk, one name a line.
 * The caller holds the lock of shared.h.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Which interfaces are to be switched on: names newly allocated, all of ours, those from before included. Empty where the host is a router by itself: then
 * nothing is ours any more. Changes nothing but our record. ret_changed says whether it is another list than before. */
int forwarding_plan(char ***ret_names, bool *ret_changed, Error **ret_error);

/* Switches these on and our bridge. What has no switch is gone and needs none. */
int forwarding_open(char *const *names, Error **ret_error);

/* Switches off what we switched on, unless the host became a router by itself. */
int forwarding_close(Error **ret_error);
