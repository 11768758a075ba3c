/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which units of a running container have failed since. Nothing is polled: a unit that ends takes its cgroup away, which the kernel tells; then the systemd
 * inside is asked, at most once in a span of time that grows while the answers come in quick succession. Units that were started anew are heard of likewise.
 */
#pragma once

#include "engine/keep/inquiry.h"
#include "engine/keep/notify.h"
#include "engine/keep/outcome.h"

typedef struct UnitWatch {
	Loop *loop;
	void (*changed)(
		void *data, const Outcome *outcome); /* another unit has failed, or is up again */
	void *data;
	Inquiry inquiry;
	LoopWatch changes;
	int inotify_fd;
	LoopTimer next;
	EnterSpec container; /* its Spec names the units */
	int cgroup_fd; /* the container's; borrowed; -EBADF: none, and nothing is heard */
	Outcome known;
	Deadline earliest; /* when it may be asked again */
	int64_t asked_at; /* clock_now_msec() */
	unsigned int gap; /* seconds between two questions */
	bool begun;
} UnitWatch;

void unit_watch_init(UnitWatch *watch, Loop *loop,
	void (*changed)(void *data, const Outcome *outcome), void *data);
/* Listens from now on, so that nothing is missed that comes after the question whose answer unit_watch_begin() gets. */
void unit_watch_prepare(UnitWatch *watch, const EnterSpec *container, int cgroup_fd);
/* answer: to readiness_show_command(). What it says has failed already is told at once. */
void unit_watch_begin(UnitWatch *watch, const char *answer);
/* Hears and asks no more, but remembers what is known. */
void unit_watch_pause(UnitWatch *watch);
/* What our own init says of its one unit: that has failed for good. */
void unit_watch_note(UnitWatch *watch, const Notification *said);
void unit_watch_stop(UnitWatch *watch);
