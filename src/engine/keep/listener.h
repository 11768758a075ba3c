/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container says on its console and on its notify socket. Our time is not charged to the container: so much of it is heard in a window of
 * time, and then it waits.
 */
#pragma once

#include "base/loop.h"
#include "engine/io/console.h"
#include "engine/keep/console-log.h"
#include "engine/keep/notify.h"
#include "engine/spec/spec.h"
#include "label/label.h"

typedef struct ListenerCalls {
	void (*output)(void *data, unsigned int terminal, const char *bytes,
		size_t size); /* as they came; terminal 0 is the console */
	void (*said)(void *data, const Notification *said);
} ListenerCalls;

typedef struct ListenerTerminal {
	struct Listener *listener;
	LoopWatch watch;
	bool pending; /* it has more than was read */
} ListenerTerminal;

typedef struct Listener {
	Loop *loop;
	const ListenerCalls *calls;
	void *data;
	pid_t pid; /* of PID 1: others are not heard */
	int notify_fd, directory_fd;
	ListenerTerminal terminals[1 + SPEC_TERMINALS_MAX]; /* 0: the console */
	LoopWatch notify_watch;
	LoopTimer timer;
	Deadline window; /* end of the span of time that these are counted in */
	unsigned int pieces, notifications;
	ConsoleLog log; /* of the Spec; without one standard output is the log */
	Console console; /* what it said last; it outlives a reboot */
} Listener;

void listener_init(Listener *listener, Loop *loop, const ListenerCalls *calls, void *data);
/* Makes the notify socket in the container's run directory and hears what root inside, with this label, says there. The directory is borrowed
 * until listener_stop(). */
int listener_hear_notify(
	Listener *listener, int directory_fd, const Spec *spec, Label *label, Error **ret_error);
/* The descriptor, which does not block, is borrowed until listener_stop(). terminal 0 is the console; of others nothing is kept. */
int listener_hear_terminal(Listener *listener, unsigned int terminal, int fd, Error **ret_error);
/* The console to its end: what a container says last is of interest most of all. */
void listener_drain(Listener *listener);
void listener_stop(Listener *listener);
void listener_done(Listener *listener);
