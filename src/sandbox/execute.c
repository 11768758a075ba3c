/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * execute, connect and console: a command in a running container.
 */
#include "sandbox/execute.h"

#include "base/fd.h"
#include "base/strv.h"
#include "engine/enter/enter.h"
#include "engine/keep/state.h"
#include "sandbox/compile-run.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

/* Fills in what identifies the running container and enters it. */
static int execute_enter(
	const Desc *desc, EnterSpec *spec, bool with_label, int *ret_status, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_label_ Label *label = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	_cleanup_spec_ Spec *started = NULL;
	int r;

	r = run_state_load(desc->name, &state, ret_error);
	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return error_set(ret_error, ENOTCONN, "container %s is not running", desc->name);
	if (state.pid <= 0)
		return error_set(ret_error, EAGAIN,
			"container %s is just being started; try again when it runs", desc->name);
	r = run_state_pidfd(&state, &pidfd, ret_error);
	if (r < 0)
		return r;
	r = compile_running(desc, &started, ret_error);
	if (r < 0)
		return r;
	if (with_label) {
		r = label_take_up(desc->name, &started->label, &label, ret_error);
		if (r < 0)
			return r;
	}
	spec->spec = started;
	spec->label = label;
	spec->pid = state.pid;
	spec->pidfd = pidfd;
	r = engine_enter(spec, ret_status, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", desc->name) : 0;
}

int execute_capture(
	const Desc *desc, char *const *argv, char **ret_output, int *ret_status, Error **ret_error)
{
	EnterSpec spec = { .argv = argv, .capture = ret_output };

	return execute_enter(desc, &spec, true, ret_status, ret_error);
}

int execute_show(const Desc *desc, char *const *argv, int *ret_status, Error **ret_error)
{
	EnterSpec spec = { .argv = argv, .harmless = true };

	return execute_enter(desc, &spec, true, ret_status, ret_error);
}

PUBLIC int vsb_execute(const char *name, char **argv, const vsb_execute_options *options,
	int *status, vsb_error **error)
{
	static const vsb_execute_options defaults;
	const vsb_execute_options *o = options ? options : &defaults;
	_cleanup_desc_ Desc *desc = NULL;
	EnterSpec spec = {
		.argv = argv,
		.environment = o->environment,
		.user = o->user,
		.detach = o->detach,
		.terminal = o->terminal,
	};
	int r;

	if (!argv || !argv[0])
		return error_set(error, EINVAL, "no command to execute in container %s", name);
	r = sandbox_begin(error);
	if (r < 0)
		return r;
	r = registry_load(name, &desc, error);
	if (r < 0)
		return r;
	return execute_enter(desc, &spec, !o->noseclabel, status, error);
}

PUBLIC int vsb_console(const char *name, vsb_error **error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r;

	r = sandbox_begin(error);
	if (r < 0)
		return r;
	r = registry_load(name, &desc, error);
	return r < 0 ? r : supervisor_console_attach(name, error);
}
