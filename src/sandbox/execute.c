/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * execute, connect and console: a command in a running container.
 */
#include "sandbox/execute.h"

#include "base/fd.h"
#include "base/strv.h"
#include "engine/keep/engines.h"
#include "engine/keep/state.h"
#include "sandbox/compile-run.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

/* Fills in what identifies the running container and enters it. */
static int execute_enter(
	const Container *c, EnterSpec *spec, bool with_label, int *ret_status, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_label_ Label *label = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	_cleanup_spec_ Spec *started = NULL;
	int r;

	r = run_state_load(c->desc->name, &state, ret_error);
	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return error_set(ret_error, ENOTCONN, "container %s is not running", c->desc->name);
	if (state.pid <= 0)
		return error_set(ret_error, EAGAIN,
			"container %s is just being started; try again when it runs",
			c->desc->name);
	r = run_state_pidfd(&state, &pidfd, ret_error);
	if (r < 0)
		return r;
	r = compile_running(c, &started, ret_error);
	if (r < 0)
		return r;
	if (with_label) {
		r = label_take_up(c->desc->name, &started->label, &label, ret_error);
		if (r < 0)
			return r;
	}
	spec->spec = started;
	spec->label = label;
	spec->pid = state.pid;
	spec->pidfd = pidfd;
	r = engine_of(spec->spec)->enter(spec, ret_status, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", c->desc->name) : 0;
}

int execute_capture(const Container *c, char *const *argv, char **ret_output, int *ret_status,
	Error **ret_error)
{
	EnterSpec spec = { .argv = argv, .capture = ret_output };

	return execute_enter(c, &spec, true, ret_status, ret_error);
}

int execute_show(const Container *c, char *const *argv, int *ret_status, Error **ret_error)
{
	EnterSpec spec = { .argv = argv, .sanitize = true };

	return execute_enter(c, &spec, true, ret_status, ret_error);
}

PUBLIC int vsb_execute(const char *name, char **argv, const vsb_execute_options *options,
	int *status, vsb_error **error)
{
	static const vsb_execute_options defaults;
	const vsb_execute_options *o = options ? options : &defaults;
	_cleanup_container_ Container container = {};
	EnterSpec spec = {
		.argv = argv,
		.environment = o->environment,
		.user = o->user,
		.directory = o->directory,
		.background = o->background,
		.detach = o->detach,
		.terminal = o->terminal,
	};
	int r;

	if (!argv || !argv[0])
		return error_set(error, EINVAL, "no command to execute in container %s", name);
	if (o->directory && o->directory[0] != '/')
		return error_set(error, EINVAL,
			"the directory \"%s\" inside container %s is not an absolute path",
			o->directory, name);
	r = sandbox_begin_look(name, &container, NULL, error);
	if (r < 0)
		return r;
	return execute_enter(&container, &spec, !o->noseclabel, status, error);
}

PUBLIC int vsb_console(const char *name, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	int r = sandbox_begin_look(name, &container, NULL, error);

	return r < 0 ? r : supervisor_console_attach(name, error);
}
