/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports in nftables: what comes to one of the host's addresses but its loopback interface's is translated, so that the container sees who
 * sent it. The loopback interface's are the sockets' business (engine/keep/publisher.h). The caller holds the lock of shared.h.
 */
#pragma once

#include "base/buf.h"
#include "net/published.h"

/* Of the table of firewall.h. What follows "forward" is let through: translated by us, and to just that port. */
extern const char publish_sets[], publish_chains[];
#define PUBLISH_MATCH "ct status dnat meta l4proto . ip daddr . th dport @published"
#define PUBLISH_MATCH6 "ct status dnat meta l4proto . ip6 daddr . th dport @published6"

/* The nft commands that put everything into the new table of a network that the records say. */
int publish_format(const char *bridge, Buf *buf, Error **ret_error);

/* Publishes the whole list for the port: what was there and is not in it goes, and its connections with it. Empty: nothing any more. */
int publish_change(const Published *published, Error **ret_error);
/* What is published for the port goes; missing is success. */
int publish_leave(const char *port, Error **ret_error);
/* What is published for processes that are no more goes. */
int publish_leave_dead(Error **ret_error);
