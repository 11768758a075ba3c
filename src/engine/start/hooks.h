/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs that a Spec wants run at points of a container's life.
 */
#pragma once

#include <sys/types.h>

#include "engine/spec/spec.h"

/* What they are told, as JSON on standard input, and how they run. */
typedef struct HookState {
	const char *status; /* "creating", "created", "running", "stopped" */
	pid_t pid; /* of PID 1, as who runs the hook sees it; 0: it has ended */
	const char *directory; /* in which it runs; NULL: the root */
	/* Each hook takes these on first, so that it may no more than the container: the program is the container's. */
	int (*confine)(const Spec *spec, const void *data, Error **ret_error);
	const void *data;
} HookState;

/* -EINVAL for one that cannot be run. */
int hooks_check(const Spec *spec, Error **ret_error);
bool hooks_have(const Spec *spec, SpecHookPoint point);
/* Runs those of a point in their order and waits for each. The first that fails is the error; with `all` the others run all the same. */
int hooks_run(
	const Spec *spec, SpecHookPoint point, const HookState *state, bool all, Error **ret_error);
/* How long those of a point may take, in seconds. */
unsigned int hooks_seconds(const Spec *spec, SpecHookPoint point);
