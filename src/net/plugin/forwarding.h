/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host forwards packets of containers, and nothing else because of us. ip_forward is not touched: it resets other switches, and whoever sets it
 * meanwhile could not be told from us. Instead the interfaces that have IPv4 routes forward; which of them we switched on is on disk, one name a line.
 * The caller holds the lock of shared.h.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define FORWARDING_IPV6 "/6" /* no interface has a slash in its name */

/* Which switches are to be set: names of interfaces for IPv4, with FORWARDING_IPV6 behind them for IPv6; newly allocated, all of ours, those from before
 * included. Empty where the host is a router by itself: then nothing is ours any more. Changes nothing but our record. ret_changed says whether it is another
 * list than before. IPv6 needs Linux 6.17 (force_forwarding); without it the host's one switch for all interfaces would make it deaf for its own router. */
int forwarding_plan(char ***ret_names, bool *ret_changed, Error **ret_error);

/* Does, or will, the host forward the IPv6 packets of containers? */
bool forwarding_has_ipv6(void);

/* Switches these on and our bridge, if it is not NULL. What has no switch is gone and needs none. */
int forwarding_open(const char *bridge, char *const *names, Error **ret_error);

/* Switches off what we switched on, unless the host became a router by itself. */
int forwarding_close(Error **ret_error);
