/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who hears what happens to containers: the log of events, line by line (engine/keep/event-log.h).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* A line without its end. False: enough. */
typedef bool (*EventLine)(const char *line, void *data);

/* What happens from now on, for who waits for other things as well: when its descriptor can be read, take calls for each that has happened. */
typedef struct Follower Follower;
int follower_new(Follower **ret, Error **ret_error);
int follower_fd(const Follower *follower);
int follower_take(
	Follower *follower, EventLine call, void *data); /* 1: the caller has heard enough */
void follower_free(Follower *follower);

/* All that is kept, oldest first. 1: the caller has heard enough; 0: that was all. */
int events_read(EventLine call, void *data, Error **ret_error);
/* What happens from now on, for so many seconds; -1: without an end. audit: for what the audit log, or without one the kernel's, says meanwhile; NULL: not asked. 1: the caller
 * has heard enough; 0: the time is over. */
int events_follow(int seconds, EventLine audit, EventLine call, void *data, Error **ret_error);
/* All that those logs keep, oldest first. */
int audit_log_read(EventLine call, void *data, Error **ret_error);
