/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of the ports of our networks below LAYOUT_RUN: who is on which bridge. They tell the last container from others without
 * asking the kernel for all links, and they outlive a killed process. The caller holds the lock of shared.h.
 */
#pragma once

#include <limits.h>

#include "net/kinds.h"
#include "net/plugin/firewall.h"
#include "net/plugin/reach-elements.h"

typedef struct Port {
	char name[NET_LINK_SIZE]; /* of the link on the host's side */
	char bridge[NET_LINK_SIZE];
	char container[HOST_NAME_MAX + 1];
	Station station;
} Port;

/* Where the records, and what else the default network must remember while it exists, are kept. */
char *ports_place(void);

/* -EEXIST when the name is another container's. */
int ports_record(const Port *port, Error **ret_error);
/* On whatever bridge it is. -ENOENT, with no error text, when there is no such record. */
int ports_read(const char *name, Port *ret, Error **ret_error);
int ports_forget(const Port *port, Error **ret_error); /* missing is success */

#define PORTS_MAX 65536u /* as many as a subnet has addresses; the list grows as it is filled */

/* At most max records of a bridge, in no order. */
int ports_list(const char *bridge, size_t max, Port **ret, size_t *ret_count, Error **ret_error);

/* Of a port whose container says this; it points into both. */
ReachSide ports_side(const Port *port, const ReachSaid *said);

/* Bridges with records, that is, our networks that run. */
int ports_bridges(char ***ret, Error **ret_error);

/* Removes the folder of a bridge's records if it is empty or missing: true, nobody is on the bridge. */
bool ports_remove_if_empty(const char *bridge);
