/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's table of connections, as far as it remembers containers.
 */
#pragma once

#include "base/error.h"
#include "net/address.h"

/* Can the kernel forget connections (nf_conntrack_netlink)? */
int conntrack_check(Error **ret_error);

/* Forgets every connection from or to the address, so that who gets it next takes over none. Nothing with this address may be let
 * pass any more, else there are new ones. */
int conntrack_forget(const IpAddress *address, Error **ret_error);

/* Forgets the connections that were translated to this port of the address. */
int conntrack_forget_port(const IpAddress *address, bool udp, uint16_t port, Error **ret_error);

/* Forgets UDP "connections" of the family to this port that nothing was translated of: their next packet is looked at anew. */
int conntrack_forget_untranslated(int family, uint16_t port, Error **ret_error);
