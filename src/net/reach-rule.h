/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may open connections to a container (--allow-from), and to whom it may (--egress): one entry of either list as text and as a value. Pure.
 */
#pragma once

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "base/error.h"
#include "net/address.h"

#define REACH_RULES_MAX 64u /* of one list */
#define REACH_RULE_SIZE (HOST_NAME_MAX + INET6_ADDRSTRLEN + sizeof("[]/128:65535/udp"))

typedef enum ReachPeer {
	REACH_NAME, /* a container */
	REACH_ADDRESSES, /* who is outside, never a container of ours */
	REACH_HOST, /* --egress alone */
	REACH_NOBODY, /* --egress alone, and alone in its list */
} ReachPeer;

typedef struct ReachRule {
	ReachPeer peer;
	char name[HOST_NAME_MAX + 1];
	IpAddress addresses; /* without bits behind the prefix */
	uint8_t protocol; /* IPPROTO_*; 0: every protocol and port */
	uint16_t port;
} ReachRule;

/* egress: also "host" and "none". -EINVAL; the sentence quotes the text. */
int reach_rule_parse(const char *text, bool egress, ReachRule *ret, Error **ret_error);
/* What reach_rule_parse() reads as the same. */
void reach_rule_format(const ReachRule *rule, char ret[static REACH_RULE_SIZE]);

/* Does the first let everything through that the second does? */
bool reach_rule_covers(const ReachRule *rule, const ReachRule *other);
