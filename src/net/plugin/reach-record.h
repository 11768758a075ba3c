/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What running containers say about who may reach whom: a file for each port whose container says anything.
 */
#pragma once

#include <stdbool.h>

#include "net/reach-rule.h"

typedef struct ReachSaid {
	ReachRule *allowed, *egress;
	size_t n_allowed, n_egress; /* no egress: it may go everywhere outside */
	IpAddress *resolvers; /* name servers that it may ask at the host */
	size_t n_resolvers;
} ReachSaid;

void reach_said_done(ReachSaid *said);
#define _cleanup_reach_said_ _cleanup_(reach_said_done)

int reach_said_parse(char *const *allowed, char *const *egress, ReachSaid *ret, Error **ret_error);
int reach_said_add_resolver(ReachSaid *said, const char *address, Error **ret_error);
bool reach_said_is_empty(const ReachSaid *said);

/* A port without a record says nothing. */
int reach_record_read(const char *port, ReachSaid *ret, Error **ret_error);
int reach_record_write(const char *port, const ReachSaid *said, Error **ret_error);
bool reach_record_any(void); /* is there any? */
