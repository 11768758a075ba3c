/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The leases of a network's DHCP server, lines "EXPIRY MAC ADDRESS NAME CLIENT" as dnsmasq writes them. dnsmasq is confined and reads what containers send, so its output
 * is checked as theirs would be. Pure.
 */
#pragma once

#include "base/error.h"

#define DHCP_LEASE_WORD_MAX 255u /* bytes of a name or a client's id */

/* The lines that are leases, with each byte of a name that is not printable ASCII as "?". Others are left out. */
int dhcp_leases_read(const char *text, char **ret, Error **ret_error);
