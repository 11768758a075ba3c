/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deadlines. Whatever we wait for may be in the hands of a container: every wait has an end, by a clock that no container and no
 * change of the time of day can move (CLOCK_MONOTONIC), and one value is handed down, so that the waits of a verb do not add up.
 */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdint.h>

typedef struct Deadline {
	int64_t at; /* milliseconds of CLOCK_MONOTONIC */
} Deadline;

int64_t clock_now_msec(void);
Deadline deadline_in_msec(int64_t msec);
Deadline deadline_in(unsigned int seconds);
/* Milliseconds, as poll(2) takes them: 0 when it is over, never negative. */
int deadline_left(Deadline deadline);
/* The one that comes first. */
Deadline deadline_first(Deadline a, Deadline b);

/* poll(2), over interruptions: how many are ready, -ETIMEDOUT, or negative errno. */
int deadline_poll(struct pollfd *fds, nfds_t n, Deadline deadline);
/* For what the kernel tells by no event: a pause before the next look. -ETIMEDOUT when there is no time for another one. */
int deadline_pause(Deadline deadline);

/* Reaps a child by its pidfd. -ETIMEDOUT: it has not ended, or a tracer holds it: who traces a process sees its end first, and may keep it
 * from its parent. Its parent's own end gives it to another one then. */
int deadline_reap(int pidfd, Deadline deadline, siginfo_t *ret);
