/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * execute, connect and console: a command in a running container.
 */
#include "sandbox/execute.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/strv.h"
#include "engine/keep/engines.h"
#include "engine/keep/freezer.h"
#include "engine/keep/saved-spec.h"
#include "engine/keep/state.h"
#include "sandbox/compile-run.h"
#include "sandbox/handle.h"
#include "sandbox/registry.h"

#define EXECUTE_FLAGS                                                                              \
	(VSB_EXECUTE_TERMINAL | VSB_EXECUTE_DETACH | VSB_EXECUTE_NO_LABEL | VSB_EXECUTE_BACKGROUND)

struct vsb_execute_options {
	unsigned int flags; /* of vsb_execute_flags */
	char *user, *directory;
	char **environment;
	bool has_stdio;
	int stdio[3]; /* the caller's */
};

static int find_running(const char *name, RunState *ret, int *ret_pidfd, Error **ret_error)
{
	int r = run_state_load(name, ret, ret_error);

	if (r < 0)
		return r;
	if (ret->phase == RUN_STOPPED)
		return error_set(ret_error, ENOTCONN, "container %s is not running", name);
	if (ret->pid <= 0)
		return error_set(ret_error, EAGAIN,
			"container %s is just being started; try again when it runs", name);
	if (freezer_is_on(ret->cgroup)) /* what entered would stop at its first step */
		return error_set(
			ret_error, EAGAIN, "container %s is paused; resume it first", name);
	return run_state_pidfd(ret, ret_pidfd, ret_error);
}

/* Fills in what identifies what runs, started as this Spec says, and enters it. */
static int enter(const char *name, const Spec *started, EnterSpec *spec, bool with_label,
	int *ret_status, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_label_ Label *label = NULL;
	_cleanup_fd_ int pidfd = -EBADF;
	int r = find_running(name, &state, &pidfd, ret_error);

	if (r == 0 && with_label)
		r = label_take_up(name, &started->label, &label, ret_error);
	if (r < 0)
		return r;
	spec->spec = started;
	spec->label = label;
	spec->pid = state.pid;
	spec->pidfd = pidfd;
	r = engine_of(spec->spec)->enter(spec, ret_status, ret_error);
	return r < 0 ? error_wrap(ret_error, "container %s", name) : 0;
}

static int execute_enter(
	const Container *c, EnterSpec *spec, bool with_label, int *ret_status, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_fd_ int pidfd = -EBADF;
	_cleanup_spec_ Spec *started = NULL;
	int r;

	/* First, for its sentence: of what does not run there is no Spec. */
	r = find_running(c->desc->name, &state, &pidfd, ret_error);
	if (r == 0)
		r = compile_running(c, &started, ret_error);
	return r < 0 ? r : enter(c->desc->name, started, spec, with_label, ret_status, ret_error);
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

PUBLIC int vsb_execute_options_new(vsb_execute_options **ret, vsb_error **error)
{
	vsb_execute_options *options = calloc(1, sizeof(*options));

	if (!options)
		return error_oom(error);
	*ret = options;
	return 0;
}

PUBLIC void vsb_execute_options_free(vsb_execute_options *options)
{
	if (!options)
		return;
	free(options->user);
	free(options->directory);
	strv_free(options->environment);
	free(options);
}

PUBLIC int vsb_execute_options_set_flags(
	vsb_execute_options *options, unsigned int flags, vsb_error **error)
{
	unsigned int unknown = flags & ~(unsigned int)EXECUTE_FLAGS;

	if (unknown)
		return error_set(error, EINVAL, "cannot execute with flags %#x: unknown flags %#x",
			flags, unknown);
	options->flags = flags;
	return 0;
}

static int set_text(char **field, const char *value, Error **ret_error)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return error_oom(ret_error);
	free(*field);
	*field = copy;
	return 0;
}

PUBLIC int vsb_execute_options_set_user(
	vsb_execute_options *options, const char *user, vsb_error **error)
{
	return set_text(&options->user, user, error);
}

PUBLIC int vsb_execute_options_set_directory(
	vsb_execute_options *options, const char *directory, vsb_error **error)
{
	if (directory && directory[0] != '/')
		return error_set(error, EINVAL,
			"cannot execute in the directory \"%s\": it is not an absolute path",
			directory);
	return set_text(&options->directory, directory, error);
}

PUBLIC int vsb_execute_options_set_environment(
	vsb_execute_options *options, char **variables, vsb_error **error)
{
	char **copy = NULL;

	if (strv_copy(&copy, variables) < 0)
		return error_oom(error);
	strv_free(options->environment);
	options->environment = copy;
	return 0;
}

PUBLIC int vsb_execute_options_set_descriptors(
	vsb_execute_options *options, int input, int output, int errors, vsb_error **error)
{
	const int given[] = { input, output, errors };

	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		if (given[i] != -1 && fcntl(given[i], F_GETFD) < 0)
			return error_errno(
				error, errno, "cannot execute with descriptor %d", given[i]);
	memcpy(options->stdio, given, sizeof(given));
	options->has_stdio = true;
	return 0;
}

static const vsb_execute_options defaults;

static int enter_options(const char *name, char **argv, const vsb_execute_options *o,
	EnterSpec *ret, Error **ret_error)
{
	if (!argv || !argv[0])
		return error_set(ret_error, EINVAL, "no command to execute in container %s", name);
	if (o->has_stdio &&
		(o->flags & (VSB_EXECUTE_TERMINAL | VSB_EXECUTE_DETACH | VSB_EXECUTE_BACKGROUND)))
		return error_set(ret_error, EINVAL,
			"cannot execute in container %s: the caller's descriptors cannot be combined with a terminal or the background",
			name);
	*ret = (EnterSpec){
		.argv = argv,
		.environment = o->environment,
		.user = o->user,
		.directory = o->directory,
		.background = o->flags & VSB_EXECUTE_BACKGROUND,
		.detach = o->flags & VSB_EXECUTE_DETACH,
		.terminal = o->flags & VSB_EXECUTE_TERMINAL,
		.stdio = o->has_stdio ? o->stdio : NULL,
	};
	return 0;
}

int execute_in(const char *name, char **argv, const vsb_execute_options *options, int *ret_status,
	Error **ret_error)
{
	const vsb_execute_options *o = options ? options : &defaults;
	_cleanup_spec_ Spec *started = NULL;
	EnterSpec spec;
	int r = enter_options(name, argv, o, &spec, ret_error);

	if (r == 0)
		r = saved_spec_read(name, &started, ret_error);
	return r < 0 ? r
		     : enter(name, started, &spec, !(o->flags & VSB_EXECUTE_NO_LABEL), ret_status,
			       ret_error);
}

PUBLIC int vsb_execute(const char *name, char **argv, const vsb_execute_options *options,
	int *ret_status, vsb_error **error)
{
	const vsb_execute_options *o = options ? options : &defaults;
	_cleanup_fd_ int null = o->has_stdio ? open("/dev/null", O_RDWR | O_CLOEXEC) : -EBADF;
	_cleanup_container_ Container container = {};
	int stdio[ARRAY_SIZE(o->stdio)];
	EnterSpec spec;
	int r = enter_options(name, argv, o, &spec, error);

	for (size_t i = 0; r == 0 && spec.stdio && i < ARRAY_SIZE(stdio); i++)
		stdio[i] = o->stdio[i] == -1 ? null : o->stdio[i];
	if (r == 0 && spec.stdio)
		spec.stdio = stdio;
	if (r == 0 && o->has_stdio && null < 0)
		r = error_errno(error, errno, "cannot open /dev/null");
	if (r == 0)
		r = sandbox_begin_running(name, &container, NULL, error);
	return r < 0 ? r
		     : execute_enter(&container, &spec, !(o->flags & VSB_EXECUTE_NO_LABEL),
			       ret_status, error);
}

PUBLIC int vsb_execute_capture(const char *name, char **argv, const vsb_execute_options *options,
	unsigned int timeout, char **ret_output, size_t *ret_size, int *ret_status,
	vsb_error **error)
{
	const vsb_execute_options *o = options ? options : &defaults;
	_cleanup_container_ Container container = {};
	EnterSpec spec;
	int r = enter_options(name, argv, o, &spec, error);

	if (r == 0 && (o->has_stdio || (o->flags & ~(unsigned int)VSB_EXECUTE_NO_LABEL)))
		return error_set(error, EINVAL,
			"cannot capture the output of a command in container %s with options other than user, directory, environment and no label",
			name);
	if (r == 0)
		r = sandbox_begin_running(name, &container, NULL, error);
	if (r < 0)
		return r;
	spec.capture = ret_output;
	spec.capture_size = ret_size;
	spec.capture_seconds = timeout;
	return execute_enter(
		&container, &spec, !(o->flags & VSB_EXECUTE_NO_LABEL), ret_status, error);
}

PUBLIC int vsb_console(const char *name, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	int r = sandbox_begin_running(name, &container, NULL, error);

	return r < 0 ? r : supervisor_console_attach(name, 0, 0, error);
}
