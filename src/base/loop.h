/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One loop over descriptors and deadlines, on epoll(7): who is called when a descriptor is ready, or when a time is over. Watches and timers belong to
 * their owners, who keep them where they are for as long as the loop knows them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

typedef void (*LoopCall)(void *data);

typedef struct LoopWatch {
	int fd; /* borrowed; -EBADF: not watched */
	LoopCall call;
	void *data;
} LoopWatch;

#define LOOP_WATCH_NONE ((LoopWatch){ .fd = -EBADF })

typedef struct LoopTimer {
	Deadline deadline;
	LoopCall call;
	void *data;
	struct LoopTimer *next;
	bool set;
} LoopTimer;

struct epoll_event;

typedef struct Loop {
	int epoll_fd;
	LoopTimer *timers; /* that are set */
	LoopTimer *due; /* to be called in this round */
	struct epoll_event *events; /* of this round; those that were called included */
	int n_events;
} Loop;

#define LOOP_NONE ((Loop){ .epoll_fd = -EBADF })

int loop_open(Loop *ret, Error **ret_error);
void loop_done(Loop *loop); /* closes nothing that is watched */

/* call(data) whenever one of these events of epoll_ctl(2) is there. */
int loop_watch(Loop *loop, LoopWatch *watch, int fd, uint32_t events, LoopCall call, void *data,
	Error **ret_error);
void loop_change(Loop *loop, LoopWatch *watch, uint32_t events);
/* Before the descriptor is closed: somebody may have a copy, which would keep it in the loop. Nothing happens if it is not watched. */
void loop_unwatch(Loop *loop, LoopWatch *watch);

/* call(data) once, when the deadline is over; one that is set already is set anew. */
void loop_set_timer(Loop *loop, LoopTimer *timer, Deadline deadline, LoopCall call, void *data);
void loop_stop_timer(Loop *loop, LoopTimer *timer);

/* One round: waits, calls for all descriptors that are ready, then for all times that were over. A timer that is set anew in a round is not due before the
 * next one, so that a time which is always over keeps no descriptor waiting. */
int loop_run(Loop *loop, Error **ret_error);
