/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A running container's networks, when somebody takes away what holds them. All supervisors hear it; one makes it again, under a lock, and the others see
 * that it is done. What cannot be made again is told, and tried from time to time.
 */
#pragma once

#include "base/loop.h"
#include "engine/spec/spec.h"

#define NETWORK_RETRY_MSEC 3000 /* of what could not be made again */
#define NETWORK_TURN_MSEC 200 /* until we look whether another one has done it */

typedef struct NetworkKeeperCalls {
	void (*lost)(
		void *data, const char *reason); /* it has gone, and stays so until restored() */
	/* was_short: it had gone, and nothing was told of that yet. */
	void (*restored)(void *data, bool was_short);
} NetworkKeeperCalls;

typedef struct NetworkKeeper {
	Loop *loop;
	const NetworkKeeperCalls *calls;
	void *data;
	const Spec *spec;
	int rules_fd, links_fd;
	LoopWatch rules, links;
	LoopTimer again;
	struct KeptServer *servers; /* of its networks, that run */
	size_t n_servers;
	int64_t server_ended; /* when one did last, by clock_now_msec() */
	unsigned int restored; /* how often that was done, all links together */
	char *lost; /* what was told */
} NetworkKeeper;

void network_keeper_init(
	NetworkKeeper *keeper, Loop *loop, const NetworkKeeperCalls *calls, void *data);
/* Before the links are made. A container without links that we hold is not watched. */
int network_keeper_begin(NetworkKeeper *keeper, const Spec *spec, Error **ret_error);
/* Once the links are made. */
int network_keeper_watch_servers(NetworkKeeper *keeper, Error **ret_error);
void network_keeper_stop(NetworkKeeper *keeper);
/* While the links are changed: nothing is heard, and what was told stays so. begin() goes on, and look() finds what went meanwhile. */
void network_keeper_pause(NetworkKeeper *keeper);
void network_keeper_look(NetworkKeeper *keeper);
