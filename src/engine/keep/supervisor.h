/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor of one container: the process that starts it, is its parent and keeps it until it ends. Only virt-sandbox-supervisor.c calls it.
 */
#pragma once

#include "engine/keep/launch-notifier.h"
#include "engine/spec/spec.h"

typedef struct SupervisorCalls {
	/* Says what the container shall be started with. -ESRCH: there is no such container (any more). */
	int (*compile)(const char *name, Spec **ret, Error **ret_error);
	/* The last, while the name is still ours. clean: all that it ran with is put away; else it must be tried again. May be NULL. */
	void (*end)(const char *name, bool clean);
} SupervisorCalls;

/* From the description to the end. *ret_status as from wait(2). A failure was told to the launcher; that of a command which ended before it had
 * started sets *ret_status, too. */
int supervisor_run(const char *name, const SupervisorCalls *calls, LaunchNotifier *launcher,
	int *ret_status, Error **ret_error);
