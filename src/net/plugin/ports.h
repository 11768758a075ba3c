/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of the default network's ports below LAYOUT_RUN: who is on the bridge. They tell the last container from others without
 * asking the kernel for all links, and they outlive a killed process. The caller holds the lock of shared.h.
 */
#pragma once

#include <limits.h>

#include "net/kinds.h"
#include "net/plugin/firewall.h"

typedef struct Port {
	char name[NET_LINK_SIZE]; /* of the link on the host's side */
	char container[HOST_NAME_MAX + 1];
	Station station;
} Port;

/* Where the records, and what else the default network must remember while it exists, are kept. */
char *ports_place(void);

/* -EEXIST when the name is another container's. */
int ports_record(const Port *port, Error **ret_error);
/* -ENOENT, with no error text, when there is no such record. */
int ports_read(const char *name, Port *ret, Error **ret_error);
int ports_forget(const char *name, Error **ret_error); /* missing is success */

/* At most max records, in no order. */
int ports_list(size_t max, Port **ret, size_t *ret_count, Error **ret_error);

/* Removes the folder of the records if it is empty or missing: true, nobody is on the bridge. */
bool ports_remove_if_empty(void);
