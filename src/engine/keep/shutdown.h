/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way down of a container: the steps that its Spec names, one after the other, and SIGKILL when the time is over.
 */
#pragma once

#include "base/loop.h"
#include "engine/engine.h"

typedef struct Shutdown {
	Loop *loop;
	const Spec *spec;
	Run *run;
	LoopTimer timer;
	size_t next; /* the step of the Spec's list that comes next */
	Deadline step,
		limit; /* when it comes; when all that is left is killed, whatever the list says */
	bool begun;
} Shutdown;

/* For a container that has been started. Nothing is done yet. */
void shutdown_prepare(Shutdown *shutdown, Loop *loop, const Spec *spec, Run *run);
/* Begins, to be killed after so many seconds; 0: at once. Asked again, the last limit counts. */
void shutdown_begin(Shutdown *shutdown, unsigned int seconds);
/* The container has ended. */
void shutdown_end(Shutdown *shutdown);
