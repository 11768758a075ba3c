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

/* One connection: who opened it to whom, and where the answers come from, which is another place if it was translated. */
typedef struct Flow {
	IpAddress from, to, answers_from;
	uint8_t protocol;
	uint16_t port,
		answers_port; /* that it is for, and that answers; 0: the protocol has none */
} Flow;

/* Forgets the connections of the family that the function does not want kept. */
int conntrack_sift(
	int family, bool (*keep)(const Flow *flow, void *data), void *data, Error **ret_error);
