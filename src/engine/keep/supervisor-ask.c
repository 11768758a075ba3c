/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions that the supervisor asks inside: are the units up, why is one not, reload. Each is a command that runs while the loop goes
 * on; one at a time, with a time limit.
 */
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "engine/keep/readiness.h"
#include "base/signal-name.h"
#include "engine/keep/supervisor.h"

void supervisor_stop_asking(Supervisor *s)
{
	supervisor_unwatch(s, SOURCE_QUERY_OUTPUT);
	supervisor_unwatch(s, SOURCE_QUERY_PROCESS);
	supervisor_set_deadline(s, SOURCE_QUERY_DEADLINE, 0);
	query_done(&s->query);
	s->asking = ASKING_NOTHING;
}

static int watch_query(Supervisor *s, Error **ret_error)
{
	int out = fcntl(s->query.out_fd, F_DUPFD_CLOEXEC, 3), process, r;

	if (out < 0)
		return error_errno(ret_error, errno, "duplicate a descriptor");
	r = supervisor_watch(s, SOURCE_QUERY_OUTPUT, out, EPOLLIN, ret_error);
	if (r < 0)
		return r;
	/* Not its pidfd: that a tracer inside keeps its end from us must not make us wait. */
	process = fcntl(s->query.process.status_fd, F_DUPFD_CLOEXEC, 3);
	if (process < 0)
		return error_errno(ret_error, errno, "duplicate a descriptor");
	return supervisor_watch(s, SOURCE_QUERY_PROCESS, process, EPOLLIN, ret_error);
}

static int ask(Supervisor *s, Asking asking, char **argv, Error **ret_error)
{
	_cleanup_strv_ char **owned = argv;
	EnterSpec spec = {
		.spec = s->spec,
		.label = s->label,
		.pid = s->run->pid,
		.pidfd = s->run->pidfd,
		.argv = owned,
	};
	int r;

	if (!owned)
		return error_oom(ret_error);
	r = query_start(&spec, &s->query, ret_error);
	if (r > 0)
		return -ENOEXEC;
	if (r == 0)
		r = watch_query(s, ret_error);
	if (r < 0) {
		supervisor_stop_asking(s);
		return error_wrap(ret_error, "run %s inside", owned[0]);
	}
	s->asking = asking;
	supervisor_set_deadline(s, SOURCE_QUERY_DEADLINE, QUERY_TIMEOUT);
	return 0;
}

void supervisor_ask_units(Supervisor *s)
{
	_cleanup_error_ Error *error = NULL;

	if (ask(s, ASKING_UNITS, readiness_show_command(s->spec->keep.units), &error) < 0)
		supervisor_give_up(s, &error);
}

int supervisor_ask_reload(Supervisor *s, Error **ret_error)
{
	if (s->asking != ASKING_NOTHING || !s->ready || s->stopping)
		return error_set(
			ret_error, EBUSY, "the container is busy starting, stopping or reloading");
	if (!s->spec->keep.reload_signal)
		return ask(
			s, ASKING_RELOAD, readiness_reload_command(s->spec->keep.units), ret_error);
	(void)syscall(SYS_pidfd_send_signal, s->run->pidfd,
		signal_from_name(s->spec->keep.reload_signal), NULL,
		0); /* it may have ended just now */
	return 0;
}

static void ask_journal(Supervisor *s)
{
	_cleanup_error_ Error *error = NULL;

	if (ask(s, ASKING_JOURNAL, readiness_journal_command(s->down, s->state.since), &error) < 0)
		supervisor_give_up(s, &error);
}

/* The unit and its state become the reason; its journal is asked for and will follow, once it is complete. */
static void on_unit_down(Supervisor *s, const char *unit, const char *state)
{
	_cleanup_error_ Error *error = NULL;

	s->down = unit;
	(void)error_set(&s->error, ECHILD, "%s did not start: it is %s", unit, state);
	if (ask(s, ASKING_SYNC, readiness_sync_command(), &error) < 0)
		supervisor_give_up(s, &error);
}

static void on_units(Supervisor *s, int status, const char *output)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *state = NULL;
	const char *unit;
	int r;

	if (status != 0) {
		(void)error_set(&error, EIO, "systemctl ended inside with status %d", status);
		supervisor_give_up(s, &error);
		return;
	}
	r = readiness_check(output, s->spec->keep.units, &unit, &state, &error);
	if (r < 0)
		supervisor_give_up(s, &error);
	else if (r == READINESS_DOWN)
		on_unit_down(s, unit, state);
	else if (r == READINESS_AGAIN)
		supervisor_set_deadline(s, SOURCE_QUERY_DEADLINE, AGAIN_TIMEOUT);
	else
		supervisor_is_ready(s);
}

/* The reason is there already; without a journal it stays as it is. */
static void on_journal(Supervisor *s, const char *output)
{
	_cleanup_free_ char *lines = readiness_log_lines(output);
	_cleanup_error_ Error *error = NULL;

	if (lines && *lines)
		(void)error_set(&error, error_errnum(s->error), "%s; its journal says:%s",
			error_message(s->error), lines);
	if (error) {
		error_free(s->error);
		s->error = TAKE_PTR(error);
	}
	supervisor_give_up(s, &error);
}

static void on_reload(Supervisor *s, int status)
{
	_cleanup_error_ Error *error = NULL;

	if (status != 0)
		(void)error_set(&error, EIO,
			"container %s: systemctl reload ended inside with status %d", s->name,
			status);
	supervisor_tell_reloaded(s, error);
}

static void on_answer(Supervisor *s, Asking asking, int status, const char *output)
{
	if (asking == ASKING_UNITS)
		on_units(s, status, output);
	else if (asking == ASKING_SYNC)
		ask_journal(s); /* an older journald cannot: what it has will do */
	else if (asking == ASKING_JOURNAL)
		on_journal(s, output);
	else
		on_reload(s, status);
}

/* No answer: of the units it is the reason to give up, of the journal nothing is missing that is needed. */
static void on_silence(Supervisor *s, Asking asking, Error **error)
{
	if (asking == ASKING_RELOAD)
		supervisor_tell_reloaded(s, *error);
	else
		supervisor_give_up(s, error);
}

void supervisor_on_query(Supervisor *s, Source source)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *output = NULL;
	Asking asking = s->asking;
	int status, r;

	if (asking == ASKING_NOTHING) { /* the time after which we wanted to ask again */
		supervisor_set_deadline(s, source, 0);
		supervisor_ask_units(s);
		return;
	}
	if (source == SOURCE_QUERY_OUTPUT) {
		size_t before = s->query.output.size;

		r = query_read(&s->query, &error);
		if (r == 0 && s->query.output.size == before)
			supervisor_unwatch(
				s, source); /* end of file: it would be readable for ever */
		if (r == 0)
			return;
	} else if (source == SOURCE_QUERY_PROCESS) {
		r = query_finish(&s->query, &status, &output, &error);
	} else {
		r = error_set(&error, ETIMEDOUT, "a command inside did not end within %d seconds",
			QUERY_TIMEOUT);
	}
	supervisor_stop_asking(s);
	if (r < 0)
		on_silence(s, asking, &error);
	else
		on_answer(s, asking, status, output);
}
