/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One link of a container, as told to this module: nothing here knows the document that asked for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum AttachmentKind {
	ATTACHMENT_SHARED, /* veth to our bridge, behind NAT */
	ATTACHMENT_BRIDGE, /* veth to a bridge of the host's */
	ATTACHMENT_MACVLAN, /* macvlan on an interface of the host's */
	ATTACHMENT_VLAN, /* VLAN on an interface of the host's */
	ATTACHMENT_ETHERNET, /* veth whose other end, host_name, is left to the host */
	ATTACHMENT_HOSTDEV, /* an interface of the host's, given back at the end */
	_ATTACHMENT_KIND_MAX,
	_ATTACHMENT_KIND_INVALID = -22,
} AttachmentKind;

typedef struct Attachment {
	AttachmentKind kind;
	char *source; /* bridge or interface of the host's; of a network of ours its name, NULL: the default one */
	char *host_name; /* of the link on the host, at most 15 characters; unique on it */
	char *name; /* inside, "eth0" */
	char *mac; /* "52:54:00:xx:xx:xx" */
	char **addresses; /* "10.1.2.3/24" */
	char *mode; /* of a macvlan; NULL: "private" */
	char **peers; /* "10.1.2.3 10.1.2.1": an address and who is at the other end */
	unsigned int vlan; /* number of the VLAN */
	unsigned int rate_in,
		rate_out; /* kbit/s to and from the container; 0: not limited; of a port on a bridge */
	unsigned int mtu; /* bytes; 0: that of what it is made on */
	bool lease; /* its IPv4 address is asked for by a DHCP client that the keeper runs beside the container */
	bool down; /* has its addresses, but whoever is root inside puts it up; without routes until then */
	char **routes; /* "10.0.0.0/8 10.1.2.3": target and gateway */
	char **published; /* ports of the host that lead to it, as publication.h has them; of the shared one */
	char **allowed,
		**egress, /* who may come, and where it may go, as reach-rule.h has them; of a shared one */
		**resolvers; /* addresses of name servers that it may ask where they are the host's */
} Attachment;
