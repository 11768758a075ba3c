/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes that the kernel kills because a container's memory limit is reached, as memory.events of its cgroup counts them. Where the host's cgroup v2 does not count
 * memory, nothing is heard.
 */
#pragma once

#include "base/loop.h"

typedef struct OomWatch {
	Loop *loop;
	void (*killed)(void *data, uint64_t n); /* since it was called last */
	void *data;
	LoopWatch changes;
	LoopTimer next;
	int fd; /* memory.events; -EBADF: it is not counted */
	uint64_t known;
	int64_t told_at; /* clock_now_msec() */
	unsigned int
		gap; /* seconds without listening after a change; it grows while they come in quick succession */
} OomWatch;

void oom_watch_init(OomWatch *watch, Loop *loop, void (*killed)(void *, uint64_t), void *data);
/* Of a container that has come up; what was killed on the way is told at once. */
void oom_watch_begin(OomWatch *watch, int cgroup_fd);
/* Of one whose first process has ended, which may be the reason: tells what is not told yet. begun or not. */
void oom_watch_end(OomWatch *watch, int cgroup_fd);
void oom_watch_stop(OomWatch *watch);
