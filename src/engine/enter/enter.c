/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running a command in a container that runs: with the caller's terminal or pipes, or for its output.
 */
#include "engine/enter/enter.h"

#include <fcntl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/enter/helper.h"
#include "engine/enter/query.h"
#include "engine/io/relay.h"

#define CAPTURE_TIMEOUT                                                                            \
	30 /* seconds for a command whose output we want: the container may never answer */

/* Until the process ends; a background process that keeps the pipe does not count. */
static int capture_wait(Query *query, unsigned int seconds, Error **ret_error)
{
	Deadline deadline = deadline_in(seconds);
	struct pollfd fds[] = {
		{ .fd = query->process.status_fd, .events = POLLIN },
		{ .fd = query->out_fd, .events = POLLIN },
	};

	while (!fds[0].revents) {
		int r = deadline_poll(fds, ARRAY_SIZE(fds), deadline);

		if (r == -ETIMEDOUT)
			return error_set(ret_error, ETIMEDOUT,
				"the command did not end within %u seconds", seconds);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot wait for the command");
		if (fds[1].revents & POLLIN) {
			r = query_read(query, ret_error);
			if (r < 0)
				return r;
		} else if (fds[1].revents) {
			fds[1].fd = -1; /* closed by all who had it */
		}
	}
	return 0;
}

/* The sentence says what was run; r as from enter_process_start(). */
static int not_started(const EnterSpec *spec, int r, int *ret_status, Error **ret_error)
{
	const Error *cause = ret_error ? *ret_error : NULL;

	if (r > 0) {
		*ret_status = r;
		return cause ? -error_errnum(cause) : -ENOEXEC;
	}
	(void)error_wrap(ret_error, "cannot run %s", spec->argv ? spec->argv[0] : "a shell");
	return r;
}

static int capture(const EnterSpec *spec, int *ret_status, Error **ret_error)
{
	_cleanup_query_ Query query = QUERY_NONE;
	int r = query_start(spec, &query, ret_error);

	if (r != 0)
		return not_started(spec, r, ret_status, ret_error);
	r = capture_wait(
		&query, spec->capture_seconds ? spec->capture_seconds : CAPTURE_TIMEOUT, ret_error);
	if (r == 0)
		r = query_finish(&query, ret_status, spec->capture, spec->capture_size, ret_error);
	return r < 0 ? not_started(spec, r, ret_status, ret_error) : 0;
}

static int run_relay(const EnterSpec *spec, Relay *relay, EnterProcess *process, int *ret_status,
	Error **ret_error)
{
	RelayResult result;
	int r = relay_run(relay, process->pidfd, spec->detach, &result, ret_error);

	if (r < 0)
		return r;
	if (result == RELAY_EXITED)
		return enter_process_wait(process, ret_status, ret_error);
	/* It goes on without us; its terminal, if that was all it lived for, hangs up. */
	enter_process_leave(process);
	*ret_status = -1;
	return 0;
}

static int with_terminal(const EnterSpec *spec, int *ret_status, Error **ret_error)
{
	_cleanup_enter_process_ EnterProcess process = ENTER_PROCESS_NONE;
	_cleanup_relay_ Relay *relay = NULL;
	int r = enter_process_start(spec, NULL, &process, ret_error);

	if (r != 0)
		return not_started(spec, r, ret_status, ret_error);
	r = relay_new_terminal(TAKE_FD(process.master_fd), &relay, ret_error);
	return r < 0 ? r : run_relay(spec, relay, &process, ret_status, ret_error);
}

static int with_pipes(const EnterSpec *spec, int *ret_status, Error **ret_error)
{
	_cleanup_enter_process_ EnterProcess process = ENTER_PROCESS_NONE;
	_cleanup_relay_ Relay *relay = NULL;
	int child[3], r;

	r = relay_new_pipes(spec->label, spec->stdio, &relay, child, ret_error);
	if (r < 0)
		return r;
	if (spec->sanitize)
		relay_sanitize(relay);
	r = enter_process_start(spec, child, &process, ret_error);
	if (r != 0)
		return not_started(spec, r, ret_status, ret_error);
	relay_child_started(relay);
	return run_relay(spec, relay, &process, ret_status, ret_error);
}

/* Returns as soon as it is executed. */
static int in_background(const EnterSpec *spec, int *ret_status, Error **ret_error)
{
	_cleanup_enter_process_ EnterProcess process = ENTER_PROCESS_NONE;
	_cleanup_fd_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r;

	if (null < 0)
		return error_errno(ret_error, errno, "cannot open /dev/null");
	r = enter_process_start(spec, (int[3]){ null, null, null }, &process, ret_error);
	if (r != 0)
		return not_started(spec, r, ret_status, ret_error);
	enter_process_leave(&process);
	*ret_status = 0;
	return 0;
}

int engine_enter(const EnterSpec *spec, int *ret_status, Error **ret_error)
{
	if (spec->capture)
		return capture(spec, ret_status, ret_error);
	if (spec->background)
		return in_background(spec, ret_status, ret_error);
	return spec->terminal ? with_terminal(spec, ret_status, ret_error)
			      : with_pipes(spec, ret_status, ret_error);
}
