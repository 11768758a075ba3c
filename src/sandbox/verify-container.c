/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * verify: whether what was promised of a container is so.
 */
#include "base/strv.h"
#include "engine/keep/saved-spec.h"
#include "engine/verify/verify.h"
#include "sandbox/handle.h"

PUBLIC int vsb_verify(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_label_ Label *label = NULL;
	_cleanup_spec_ Spec *started = NULL;
	_cleanup_strv_ char **rows = NULL;
	int r = sandbox_begin_running(name, &container, &state, error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED || state.pid <= 0)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	r = saved_spec_read(name, &started, error);
	if (r == 0 && started->label.process)
		r = label_take_up(name, &started->label, &label, error);
	if (r == 0)
		r = verify_run(&state, started, label, &rows, error);
	if (r < 0)
		return error_wrap(error, "cannot verify container %s", name);
	*ret = TAKE_PTR(rows);
	return 0;
}
