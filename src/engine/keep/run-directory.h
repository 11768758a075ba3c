/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The right to run a container, and LAYOUT_RUN/NAME: what says that it runs, and as what.
 */
#pragma once

#include "engine/engine.h"
#include "engine/keep/state.h"

typedef struct RunDirectory {
	const char *name; /* of the container */
	int lock_fd, fd;
	RunState state;
} RunDirectory;

#define RUN_DIRECTORY_NONE(container)                                                              \
	((RunDirectory){ .name = (container), .lock_fd = -EBADF, .fd = -EBADF })

/* Takes the name's lock. -EALREADY: another supervisor has it; -EBUSY: a command that needs the container stopped. */
int run_directory_claim(RunDirectory *directory, Error **ret_error);
/* Makes the directory, with the Spec and a first state in it. What a killed supervisor left is gone. */
int run_directory_make(RunDirectory *directory, const Spec *spec, Error **ret_error);
/* What is known once PID 1 runs. save: unless the next phase, which is saved, follows at once. */
int run_directory_note_run(
	RunDirectory *directory, const Spec *spec, const Run *run, bool save, Error **ret_error);
int run_directory_set_phase(RunDirectory *directory, RunPhase phase, Error **ret_error);
int run_directory_set_health(RunDirectory *directory, RunHealth health, Error **ret_error);
/* NULL: it has its network. */
int run_directory_set_network_lost(RunDirectory *directory, const char *reason, Error **ret_error);
/* Its container has ended, and does not come back: who wants the name waits until it is free. */
void run_directory_tell_end(RunDirectory *directory);
/* The name is free for others; the directory stays as it is. */
void run_directory_unlock(RunDirectory *directory);
void run_directory_done(RunDirectory *directory);
