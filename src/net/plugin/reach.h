/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may open connections to whom, as sets of the table of firewall.h. A container says who may come to it and where it may go; siblings need both. What it
 * says is recorded by the name of its port. Only between containers that both run anything is open, so an address that is given again opens nothing.
 * The caller holds the lock of shared.h.
 */
#pragma once

#include "base/buf.h"
#include "net/attachment.h"
#include "net/plugin/ports.h"

/* The elements that the records say, as nft commands. */
int reach_format(const char *bridge, Buf *buf, Error **ret_error);

/* What the container of the port now says, in place of what it said; connections that are no longer allowed end. Also for one that says nothing: others may name
 * it. */
int reach_change(
	const Port *port, const Network *network, const Attachment *link, Error **ret_error);
/* Nothing may pass because of this port any more. */
int reach_leave(const Port *port, Error **ret_error);
