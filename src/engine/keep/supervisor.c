/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's story: take the name, read the description, let the container live (lifetime.h), again where a reboot or its restart asks for it, and
 * report how that ended.
 */
#include "engine/keep/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/signals.h"
#include "engine/keep/lifetime.h"
#include "engine/keep/stale-run.h"

#define STOP_TIMEOUT 60 /* seconds for a clean shutdown that nobody gave another limit for */

typedef struct Supervisor {
	const SupervisorCalls *calls;
	Loop loop;
	Signals signals;
	LoopWatch signals_watch;
	bool delayed; /* the next life */
	Lifetime life;
} Supervisor;

static void on_signal(void *data)
{
	Supervisor *s = data;
	int number = signals_read(&s->signals);

	if (number == SIGHUP)
		(void)lifetime_reload(&s->life, NULL); /* one that is under way already will do */
	else if (number)
		lifetime_shut_down(&s->life, STOP_TIMEOUT);
}

static int watch_signals(Supervisor *s, Error **ret_error)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, 0 };
	int r = signals_take(&s->signals, numbers, ret_error);

	if (r < 0)
		return r;
	return loop_watch(
		&s->loop, &s->signals_watch, s->signals.fd, EPOLLIN, on_signal, s, ret_error);
}

/* -- All of it -- */

static int make_spec(Supervisor *s, Error **ret_error)
{
	int r = s->calls->compile(s->life.name, &s->life.spec, ret_error);

	if (r == 0)
		r = label_take_up(s->life.name, &s->life.spec->label, &s->life.label, ret_error);
	if (r == 0)
		r = label_confirm(s->life.label, ret_error);
	if (r == 0)
		r = label_repair(s->life.label, ret_error);
	if (r > 0) /* to the journal, or to who started us */
		(void)fprintf(stderr,
			"container %s: its files had lost their security label, as after a relabelling of the host; they have it again\n",
			s->life.name);
	return r > 0 ? 0 : r;
}

static int prepare(Supervisor *s, Error **ret_error)
{
	int r = run_directory_claim(&s->life.directory, ret_error);

	if (r < 0)
		return r;
	launch_notifier_begin(s->life.launcher);
	r = make_spec(s, ret_error);
	if (r < 0)
		return r;
	/* Most often nothing is left, and to find that out about links takes a program and its libraries. */
	r = supervisor_left_something(s->life.name, ret_error);
	if (r > 0)
		r = stale_run_remove(s->life.spec, s->life.label, ret_error);
	if (r >= 0)
		r = run_directory_make(&s->life.directory, s->life.spec, ret_error);
	if (r >= 0)
		r = loop_open(&s->loop, ret_error);
	if (r < 0)
		return r;
	r = watch_signals(s, ret_error);
	return r < 0 ? r : control_server_listen(&s->life.server, s->life.directory.fd, ret_error);
}

static void on_delay_over(void *data)
{
	Supervisor *s = data;

	s->delayed = false;
}

/* Between two lives. Who tells it to end meanwhile is heard. */
static int wait_for_next(Supervisor *s, Error **ret_error)
{
	uint32_t seconds = sequel_delay(&s->life.spec->keep, s->life.status);
	int r = 0;

	if (seconds == 0)
		return 0;
	lifetime_tell_phase(&s->life, RUN_STARTING);
	s->delayed = true;
	loop_set_timer(&s->loop, &s->life.start_timeout, deadline_in(seconds), on_delay_over, s);
	while (r == 0 && s->delayed && !s->life.was_told)
		r = loop_run(&s->loop, ret_error);
	loop_stop_timer(&s->loop, &s->life.start_timeout);
	if (r == 0 && s->life.was_told) {
		s->life.reboots = false;
		lifetime_tell_end(&s->life);
	}
	return r;
}

static int run_all(Supervisor *s, Error **ret_error)
{
	int r = prepare(s, ret_error);

	if (r < 0)
		return r;
	do {
		r = lifetime_run(&s->life, ret_error);
		if (r == 0 && s->life.reboots)
			r = wait_for_next(s, ret_error);
	} while (r == 0 && s->life.reboots);
	return r;
}

static void supervisor_done(Supervisor *s)
{
	lifetime_done(&s->life);
	(void)fd_close(s->signals.fd); /* not given back: one that waits would end us untidily */
	loop_done(&s->loop);
	(void)munmap(s, sizeof(*s)); /* as mapped: cannot fail */
}
DEFINE_CLEANUP(Supervisor *, supervisor_done)

static Supervisor *supervisor_new(
	const char *name, const SupervisorCalls *calls, LaunchNotifier *launcher)
{
	/* Pages, not malloc(): its large pieces stay untouched, and so cost nothing, until they are needed. */
	Supervisor *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	s->calls = calls;
	s->loop = LOOP_NONE;
	s->signals = SIGNALS_NONE;
	s->signals_watch = LOOP_WATCH_NONE;
	lifetime_init(&s->life, name, launcher, &s->loop);
	return s;
}

/* A command, which has a status; of a service nothing is known but that it did not come up. */
static bool ended_as_command(const Supervisor *s)
{
	return s->life.spec && s->life.phase == PHASE_ENDED && !s->life.was_told &&
	       !s->life.spec->keep.units;
}

static void tell_failure(const Supervisor *s, const Error *error)
{
	const HistoryEnd end = ended_as_command(s) ? lifetime_history(&s->life) : (HistoryEnd){ 0 };

	history_start_failed(s->life.name, error, end.console ? &end : NULL);
}

/* Of one that runs, another supervisor knows more than we. */
static void note_failure(const Supervisor *s, const Error *error, int *ret_status)
{
	launch_notifier_leave(s->life.launcher, error);
	if (s->life.was_ready)
		return;
	tell_failure(s, error);
	if (ended_as_command(s))
		*ret_status = s->life.status;
}

/* What could not be undone is tried again by the next command, who finds it by the run directory. */
static int put_away(Supervisor *s, Error **ret_error)
{
	const bool clean = s->life.directory.fd >= 0 && !s->life.dirty;

	if (s->life.directory.lock_fd < 0)
		return 0;
	run_directory_tell_end(&s->life.directory);
	if (s->calls->end)
		s->calls->end(s->life.name, clean);
	return clean ? stale_run_remove_state(s->life.name, ret_error) : 0;
}

int supervisor_run(const char *name, const SupervisorCalls *calls, LaunchNotifier *launcher,
	int *ret_status, Error **ret_error)
{
	_cleanup_(supervisor_donep) Supervisor *s = supervisor_new(name, calls, launcher);
	_cleanup_error_ Error *error = NULL;
	int r, q;

	if (!s)
		return error_oom(ret_error);
	log_step("supervise", "%s", name);
	r = run_all(s, &error);
	if (r < 0)
		(void)error_wrap(&error, "container %s", name);
	if (r < 0 && s->life.directory.lock_fd >= 0 && r != -ESRCH)
		note_failure(s, error, ret_status);
	q = put_away(s, r < 0 ? NULL : &error);
	if (r >= 0 && q < 0)
		r = error_wrap(&error, "container %s", name);
	if (r < 0) {
		/* Told when all is undone, so that who hears it finds nothing left and may start again at once. */
		run_directory_unlock(&s->life.directory);
		launch_notifier_failed(launcher, error);
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	/* One that was told to end has done what it was told, by whatever signal. */
	*ret_status = s->life.was_told ? 0 : s->life.status;
	return 0;
}
