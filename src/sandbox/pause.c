/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * pause and resume.
 */

#include "engine/keep/event-log.h"
#include "engine/keep/freezer.h"
#include "sandbox/handle.h"

static int set(const char *name, bool on, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container container = {};
	int r = sandbox_begin_change(name, &lock, &container, ret_error);

	if (r == 0)
		r = run_state_load(name, &state, ret_error);
	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return error_set(ret_error, ENOTCONN, "container %s is not running", name);
	if (on && state.phase != RUN_RUNNING)
		return error_set(ret_error, EAGAIN, "container %s is %s; try again when it runs",
			name, run_phase_name(state.phase));
	if (freezer_is_on(state.cgroup) == on)
		return error_set(ret_error, EALREADY, "container %s is %s", name,
			on ? "paused already" : "not paused");
	r = freezer_set(state.cgroup, on, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "container %s", name);
	event_log(name, on ? EVENT_SUSPENDED : EVENT_RESUMED, NULL);
	return 0;
}

PUBLIC int vsb_pause(const char *name, vsb_error **error)
{
	return set(name, true, error);
}

PUBLIC int vsb_resume(const char *name, vsb_error **error)
{
	return set(name, false, error);
}
