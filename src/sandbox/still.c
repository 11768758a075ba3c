/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holding a container still.
 */
#include "sandbox/still.h"

#include <string.h>

#include "engine/keep/event-log.h"
#include "engine/keep/freezer.h"
#include "engine/keep/state.h"

static int hold_running(const Container *c, const RunState *state, Still *ret, Error **ret_error)
{
	_cleanup_(still_end) Still still = {};
	int r;

	if (c->places.image)
		return error_set(ret_error, EOPNOTSUPP,
			"container %s is running, and its image can be read only when it is not; "
			"stop it first",
			c->desc->name);
	if (state->phase != RUN_RUNNING)
		return error_set(ret_error, EAGAIN, "container %s is %s; try again when it runs",
			c->desc->name, run_phase_name(state->phase));
	if (freezer_is_on(state->cgroup))
		return 0;
	still.name = strdup(c->desc->name);
	if (!still.name)
		return error_oom(ret_error);
	r = freezer_set(state->cgroup, true, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot pause container %s", c->desc->name);
	still.cgroup = strdup(state->cgroup);
	if (!still.cgroup) {
		(void)freezer_set(state->cgroup, false, NULL); /* the first failure is told */
		return error_oom(ret_error);
	}
	event_log(still.name, EVENT_SUSPENDED, NULL);
	*ret = still;
	still = (Still){};
	return 0;
}

int still_begin(const Container *c, NameLock *lock, bool pause, Still *ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(c->desc->name, &state, ret_error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return name_lock_hold_stopped(lock, ret_error);
	if (!pause)
		return error_set(ret_error, EBUSY,
			"container %s is running; stop it first, so that its files are copied in "
			"one piece, or give --pause",
			c->desc->name);
	return hold_running(c, &state, ret, ret_error);
}

void still_end(Still *still)
{
	if (still->cgroup) {
		if (freezer_set(still->cgroup, false, NULL) ==
			0) /* gone: nothing is left to resume */
			event_log(still->name, EVENT_RESUMED, NULL);
	}
	free(still->name);
	free(still->cgroup);
	*still = (Still){};
}
