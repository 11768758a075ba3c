/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's story: take the name, read the description, bring the container up, keep it, take it down. A container's life has four phases; what
 * moves it from one to the next is said here, and only here: PID 1, the commands, a service manager's signals, answers from inside, and time.
 * Nothing of the container's is ever believed; what it says goes through notify.c, base/text.c and readiness.c.
 */
#include "engine/keep/engines.h"
#include "engine/keep/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "engine/keep/copies.h"
#include "engine/keep/health.h"
#include "engine/keep/history.h"
#include "engine/keep/listener.h"
#include "engine/keep/publisher.h"
#include "engine/keep/readiness.h"
#include "engine/keep/reload.h"
#include "engine/keep/run-directory.h"
#include "engine/keep/sequel.h"
#include "engine/keep/shutdown.h"
#include "engine/keep/stale-run.h"
#include "engine/keep/unit-check.h"
#include "engine/keep/unit-watch.h"
#include "engine/start/links-program.h"

#define STOP_TIMEOUT 60 /* seconds for a clean shutdown that nobody gave another limit for */
#define UNDO_TIMEOUT 10 /* seconds for one whose start has failed */

typedef enum Phase {
	PHASE_STARTING, /* PID 1 runs */
	PHASE_RUNNING, /* and what the Spec calls ready has been reached */
	PHASE_STOPPING, /* told to end, or given up */
	PHASE_ENDED, /* PID 1 has ended */
} Phase;

typedef struct Supervisor {
	const char *name;
	LaunchNotifier *launcher;
	SupervisorCompile compile;
	RunDirectory directory;
	Spec *spec;
	Label *label;

	Loop loop;
	Signals signals;
	LoopWatch signals_watch, process;
	ControlServer server; /* the commands */
	Listener listener; /* what the container says */
	Inquiry inquiry; /* what it is asked */
	UnitCheck units;
	Health health;
	Publisher publisher;
	UnitWatch watch; /* what becomes of them later */
	Copies copies; /* of what the host renews */
	LoopTimer start_timeout;

	/* of one life */
	Run *run;
	Phase phase;
	bool was_ready, was_told; /* to end */
	bool reboots; /* when it has ended */
	bool delayed; /* and until then */
	OutcomeVerdict told; /* what others know of its units */
	Shutdown shutdown;
	Error *error; /* why the start failed */
	int status; /* of PID 1, as from wait(2) */

	Sequel sequel;
	int64_t status_told; /* of notify_pass_on() */
	bool dirty; /* something could not be undone */
} Supervisor;

/* -- From one phase to the next -- */

/* For what only `list` shows: without it the way goes on. */
static void tell_phase(Supervisor *s, RunPhase phase)
{
	(void)run_directory_set_phase(&s->directory, phase, NULL);
}

/* For the container to be ready, or to have reloaded. */
static void stop_waiting(Supervisor *s)
{
	unit_check_stop(&s->units);
	inquiry_stop(&s->inquiry);
	loop_stop_timer(&s->loop, &s->start_timeout);
}

static void shut_down(Supervisor *s, unsigned int timeout)
{
	bool begun = s->phase == PHASE_STOPPING;

	s->was_told = true;
	if (s->phase == PHASE_ENDED) /* just now; then it does not come back either */
		return;
	shutdown_begin(&s->shutdown, timeout);
	if (begun)
		return;
	s->phase = PHASE_STOPPING;
	notify_send("STOPPING=1\nSTATUS=shutting down");
	stop_waiting(s);
	health_stop(&s->health);
	copies_stop(&s->copies);
	unit_watch_pause(&s->watch); /* what ends from now on is told to */
	tell_phase(s, RUN_STOPPING);
}

/* Takes *error as the reason why the start failed and begins to undo it. */
static void give_up(Supervisor *s, Error **error)
{
	if (!s->error)
		s->error = TAKE_PTR(*error);
	shut_down(s, UNDO_TIMEOUT);
}

static EnterSpec container_of(const Supervisor *s)
{
	return (EnterSpec){
		.spec = s->spec, .label = s->label, .pid = s->run->pid, .pidfd = s->run->pidfd
	};
}

static void become_ready(Supervisor *s)
{
	_cleanup_error_ Error *error = NULL;
	EnterSpec container;

	s->sequel.ready_at = clock_now_msec();
	s->directory.state.health = s->spec->keep.health ? HEALTH_STARTING : HEALTH_NONE;
	if (run_directory_set_phase(&s->directory, RUN_RUNNING, &error) < 0) {
		give_up(s, &error);
		return;
	}
	s->phase = PHASE_RUNNING;
	s->was_ready = true;
	log_step("running", "%s", s->name);
	loop_stop_timer(&s->loop, &s->start_timeout);
	launch_notifier_ready(s->launcher);
	history_ready(s->name);
	container = container_of(s);
	health_begin(&s->health, &container, s->directory.state.cgroup);
	copies_follow(&s->copies, s->spec, s->label);
	/* From here on we only wait, perhaps for months: what starting needed goes back. */
	memory_give_back();
}

static void on_process_end(void *data)
{
	Supervisor *s = data;

	s->phase = PHASE_ENDED;
	health_stop(&s->health);
	copies_stop(&s->copies);
	unit_watch_pause(&s->watch);
	s->sequel.ended_at = clock_now_msec();
	stop_waiting(s); /* an answer that comes in the same moment changes nothing */
	loop_unwatch(&s->loop, &s->process);
	(void)run_wait(
		s->run, &s->status, NULL); /* our child, and it has ended: nothing can fail */
}

static void on_time_to_start(void *data)
{
	Supervisor *s = data;
	_cleanup_error_ Error *error = NULL;

	(void)error_set(&error, ETIMEDOUT, "it was not ready within %u seconds",
		s->spec->keep.ready_timeout);
	give_up(s, &error);
}

/* -- What is asked inside -- */

static void on_health(void *data, RunHealth health)
{
	Supervisor *s = data;

	(void)run_directory_set_health(&s->directory, health, NULL); /* for who looks, alone */
	if (health == HEALTH_GOOD || health == HEALTH_BAD)
		event_log(s->name, health == HEALTH_GOOD ? EVENT_HEALTHY : EVENT_UNHEALTHY, NULL);
}

static void on_units_up(void *data, const char *answer)
{
	Supervisor *s = data;

	become_ready(s);
	if (s->phase == PHASE_RUNNING)
		unit_watch_begin(&s->watch, answer);
}

static void on_units_changed(void *data, const Outcome *outcome)
{
	Supervisor *s = data;
	OutcomeVerdict before = s->told;

	s->told = outcome->verdict;
	history_units(s->name, before, outcome);
}

static void on_units_failed(void *data, Error **error)
{
	give_up(data, error);
}

static void check_units(Supervisor *s)
{
	const EnterSpec container = container_of(s);

	unit_watch_prepare(&s->watch, &container, s->run->cgroup_fd);
	unit_check_begin(&s->units, &s->inquiry, &container, s->directory.state.since);
}

static const UnitCheckCalls unit_calls = { .up = on_units_up, .failed = on_units_failed };

/* 0: done; 1: begun. */
static int reload(void *data, Error **ret_error)
{
	Supervisor *s = data;
	const EnterSpec container = container_of(s);

	if (inquiry_is_open(&s->inquiry) || s->phase != PHASE_RUNNING)
		return error_set(
			ret_error, EBUSY, "the container is busy starting, stopping or reloading");
	return reload_begin(&s->server, &s->inquiry, &container, ret_error);
}

/* -- What the host's commands, and its service manager, ask for -- */

static void on_stop(void *data, unsigned int seconds)
{
	shut_down(data, seconds);
}

static int publish(void *data, char *const *list, Error **ret_error)
{
	Supervisor *s = data;

	if (s->phase != PHASE_RUNNING && s->phase != PHASE_STARTING)
		return error_set(ret_error, EBUSY, "the container is stopping");
	return publisher_change(&s->publisher, s->spec, list, s->directory.fd, ret_error);
}

static const ControlService service = {
	.stop = on_stop,
	.publish = publish,
	.reload = reload,
};

/* -- What the host renews -- */

static bool on_renewed(void *data)
{
	Supervisor *s = data;

	if (s->spec->keep.units && reload(s, NULL) < 0)
		return false;
	event_log(s->name, EVENT_RENEWED, NULL);
	return true;
}

static void on_not_renewed(void *data, const Error *error)
{
	Supervisor *s = data;
	const Outcome outcome = { .reason = (char *)error_message(error) };

	(void)fprintf(stderr, "container %s: %s; it keeps what it had\n", s->name, outcome.reason);
	event_log(s->name, EVENT_NOT_RENEWED, &outcome);
}

static const CopiesCalls copies_calls = { .renewed = on_renewed, .failed = on_not_renewed };

static void on_signal(void *data)
{
	Supervisor *s = data;
	int number = signals_read(&s->signals);

	if (number == SIGHUP)
		(void)reload(s, NULL); /* one that is under way already will do */
	else if (number)
		shut_down(s, STOP_TIMEOUT);
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

/* -- What the container says -- */

static void on_output(void *data, const char *bytes, size_t size)
{
	Supervisor *s = data;

	control_server_show(&s->server, bytes, size);
}

static void on_said(void *data, const Notification *said)
{
	Supervisor *s = data;

	if (s->phase == PHASE_STARTING && said->ready) {
		if (s->spec->keep.ready == SPEC_READY_NOTIFY)
			become_ready(s);
		else if (!inquiry_is_open(&s->inquiry))
			check_units(s);
	}
	if (s->phase == PHASE_RUNNING && said->stopping &&
		s->directory.state.phase != RUN_STOPPING) {
		unit_watch_pause(&s->watch);
		tell_phase(s, RUN_STOPPING); /* or it reboots: only its end will tell */
	}
	if (s->phase == PHASE_STARTING && said->status[0])
		notify_pass_on(said->status, &s->status_told);
}

static const ListenerCalls calls = { .output = on_output, .said = on_said };

/* -- One life, from nothing to nothing -- */

static int watch_run(Supervisor *s, Error **ret_error)
{
	int r;

	s->listener.pid = s->run->pid;
	shutdown_prepare(&s->shutdown, &s->loop, s->spec, s->run);
	r = loop_watch(&s->loop, &s->process, s->run->pidfd, EPOLLIN, on_process_end, s, ret_error);
	if (r < 0 || s->run->console_fd < 0)
		return r;
	r = s->spec->keep.log ? console_log_open(&s->listener.log, s->spec->keep.log, ret_error)
			      : 0;
	if (r < 0)
		return r;
	if (fcntl(s->run->console_fd, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(ret_error, errno, "set up the console");
	return listener_hear_console(&s->listener, s->run->console_fd, ret_error);
}

static int bring_up(Supervisor *s, Error **ret_error)
{
	int r;

	s->phase = PHASE_STARTING;
	s->was_ready = s->was_told = false;
	s->told = OUTCOME_GOOD;
	s->directory.state.health = HEALTH_NONE;
	s->directory.state.phase = RUN_STARTING;
	r = label_load(s->label, ret_error);
	if (r < 0)
		return r;
	if (s->spec->keep.ready != SPEC_READY_EXEC)
		r = listener_hear_notify(
			&s->listener, s->directory.fd, s->spec, s->label, ret_error);
	if (r < 0)
		return r;
	r = copies_make(s->spec, s->label, ret_error);
	if (r == 0)
		r = publisher_add(&s->publisher, s->spec, ret_error);
	if (r == 0)
		r = engine_of(s->spec)->create(
			s->spec, s->label, &CHANNELS_NONE, &s->run, ret_error);
	if (r < 0)
		return r;
	r = watch_run(s, ret_error);
	if (r == 0)
		r = run_directory_note_run(&s->directory, s->spec, s->run, ret_error);
	if (r < 0)
		return r;
	/* A command runs as soon as it was exec'ed; only a systemd can tell more. */
	if (s->spec->keep.ready == SPEC_READY_EXEC)
		become_ready(s);
	else
		loop_set_timer(&s->loop, &s->start_timeout,
			deadline_in(s->spec->keep.ready_timeout), on_time_to_start, s);
	return 0;
}

static int keep(Supervisor *s, Error **ret_error)
{
	int r = 0;

	while (r == 0 && s->phase != PHASE_ENDED)
		r = loop_run(&s->loop, ret_error);
	listener_drain(&s->listener);
	return r;
}

/* Undone in the reverse order of the making: processes before what they use, the label when nothing carries it any more. All steps are
 * tried; the first failure is reported. What has not ended keeps its network and its label. */
static int take_down(Supervisor *s, Error **ret_error)
{
	_cleanup_error_ Error *first = NULL, *second = NULL;
	int r, q, hook = 0;

	log_step("undo", "run of %s", s->name);
	if (s->run) /* first: who holds up a process of ours in there may be in there, too */
		run_kill(s->run);
	stop_waiting(s);
	unit_watch_stop(&s->watch);
	health_stop(&s->health);
	copies_stop(&s->copies);
	listener_stop(&s->listener);
	loop_unwatch(&s->loop, &s->process);
	shutdown_end(&s->shutdown);
	if (s->run)
		hook = engine_of(s->spec)->delete (s->run, ret_error);
	s->run = run_free(s->run);
	s->dirty = s->dirty || hook < 0;
	if (hook < 0)
		return hook;
	r = links_detach(s->spec, &first);
	publisher_end(&s->publisher);
	q = label_unload(s->label, &second);
	if (r == 0 && q == 0)
		return hook ? -EIO
			    : 0; /* one of those that follow the end has failed: that leaves nothing */
	if (hook)
		*ret_error = error_free(*ret_error);
	s->dirty = true;
	*ret_error = r < 0 ? TAKE_PTR(first) : TAKE_PTR(second);
	return r < 0 ? r : q;
}

static bool wants_reboot(Supervisor *s)
{
	return s->was_ready && !s->was_told &&
	       sequel_is_start(&s->sequel, &s->spec->keep, s->status);
}

/* A command that ends at once, and well, has started: what it said of that may still lie in the socket. */
static bool has_done_its_work(Supervisor *s)
{
	if (s->spec->keep.ready != SPEC_READY_NOTIFY || s->was_told || !WIFEXITED(s->status) ||
		WEXITSTATUS(s->status) != 0)
		return false;
	s->was_ready = true;
	launch_notifier_ready(s->launcher);
	history_ready(s->name);
	return true;
}

static HistoryEnd history_of(const Supervisor *s)
{
	return (HistoryEnd){
		.status = s->status,
		.told = s->was_told,
		.reboots = s->reboots,
		.units = &s->watch.known,
		.console = s->spec->keep.units ? NULL : &s->listener.console,
	};
}

static void tell_end(Supervisor *s)
{
	const HistoryEnd end = history_of(s);

	if (!s->reboots) /* until all is taken down it is not what it will be then */
		tell_phase(s, RUN_STOPPING);
	history_end(s->name, &end);
}

static int live_once(Supervisor *s, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r, q;

	r = bring_up(s, ret_error);
	if (r == 0)
		r = keep(s, ret_error);
	if (r == 0 && s->error) {
		r = -error_errnum(s->error);
		*ret_error = TAKE_PTR(s->error);
	} else if (r == 0 && !s->was_ready && !has_done_its_work(s)) {
		r = readiness_ended_early(s->was_told, s->status, &s->listener.console, ret_error);
	}
	s->reboots = r == 0 && wants_reboot(s);
	if (r == 0)
		tell_end(s);
	q = take_down(s, &error);
	if (r < 0 || q == 0)
		return r;
	*ret_error = TAKE_PTR(error);
	return q;
}

/* -- All of it -- */

static int make_spec(Supervisor *s, Error **ret_error)
{
	int r = s->compile(s->name, &s->spec, ret_error);

	if (r == 0)
		r = label_take_up(s->name, &s->spec->label, &s->label, ret_error);
	if (r == 0)
		r = label_confirm(s->label, ret_error);
	if (r == 0)
		r = label_repair(s->label, ret_error);
	if (r > 0) /* to the journal, or to who started us */
		(void)fprintf(stderr,
			"container %s: its files had lost their security label, as after a "
			"relabelling of the host; they have it again\n",
			s->name);
	return r > 0 ? 0 : r;
}

static int prepare(Supervisor *s, Error **ret_error)
{
	int r;

	r = run_directory_claim(&s->directory, ret_error);
	if (r < 0)
		return r;
	launch_notifier_begin(s->launcher);
	r = make_spec(s, ret_error);
	if (r < 0)
		return r;
	/* Most often nothing is left, and to find that out about links takes a program and its libraries. */
	r = supervisor_left_something(s->name, ret_error);
	if (r > 0)
		r = stale_run_remove(s->spec, s->label, ret_error);
	if (r < 0)
		return r;
	r = run_directory_make(&s->directory, s->spec, ret_error);
	if (r < 0)
		return r;
	r = loop_open(&s->loop, ret_error);
	if (r < 0)
		return r;
	r = watch_signals(s, ret_error);
	if (r < 0)
		return r;
	return control_server_listen(&s->server, s->directory.fd, ret_error);
}

static void on_delay_over(void *data)
{
	Supervisor *s = data;

	s->delayed = false;
}

/* Between two lives. Who tells it to end meanwhile is heard. */
static int wait_for_next(Supervisor *s, Error **ret_error)
{
	uint32_t seconds = sequel_delay(&s->spec->keep, s->status);
	int r = 0;

	if (seconds == 0)
		return 0;
	tell_phase(s, RUN_STARTING);
	s->delayed = true;
	loop_set_timer(&s->loop, &s->start_timeout, deadline_in(seconds), on_delay_over, s);
	while (r == 0 && s->delayed && !s->was_told)
		r = loop_run(&s->loop, ret_error);
	loop_stop_timer(&s->loop, &s->start_timeout);
	if (r == 0 && s->was_told) {
		s->reboots = false;
		tell_end(s);
	}
	return r;
}

static int run_all(Supervisor *s, Error **ret_error)
{
	int r = prepare(s, ret_error);

	if (r < 0)
		return r;
	do {
		r = live_once(s, ret_error);
		if (r == 0 && s->reboots)
			r = wait_for_next(s, ret_error);
	} while (r == 0 && s->reboots);
	return r;
}

static void supervisor_done(Supervisor *s)
{
	if (s->run) /* first: who holds up a process of ours in there may be in there, too */
		run_kill(s->run);
	unit_check_stop(&s->units);
	unit_watch_stop(&s->watch);
	health_stop(&s->health);
	copies_stop(&s->copies);
	inquiry_stop(&s->inquiry);
	listener_done(&s->listener);
	control_server_done(&s->server);
	run_free(s->run);
	publisher_end(&s->publisher);
	(void)fd_close(s->signals.fd); /* not given back: one that waits would end us untidily */
	loop_done(&s->loop);
	run_directory_done(&s->directory);
	error_free(s->error);
	label_free(s->label);
	spec_free(s->spec);
	(void)munmap(s, sizeof(*s)); /* as mapped: cannot fail */
}
DEFINE_CLEANUP(Supervisor *, supervisor_done)

static Supervisor *supervisor_new(
	const char *name, SupervisorCompile compile, LaunchNotifier *launcher)
{
	/* Pages, not malloc(): its large pieces stay untouched, and so cost nothing, until they are needed. */
	Supervisor *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	s->name = name;
	s->compile = compile;
	s->launcher = launcher;
	s->directory = RUN_DIRECTORY_NONE(name);
	s->loop = LOOP_NONE;
	s->publisher = PUBLISHER_NONE;
	s->publisher.loop = &s->loop;
	s->signals = SIGNALS_NONE;
	s->signals_watch = s->process = LOOP_WATCH_NONE;
	control_server_init(&s->server, &s->loop, name, &s->run, &s->listener.console, &service, s);
	listener_init(&s->listener, &s->loop, &calls, s);
	inquiry_init(&s->inquiry, &s->loop);
	unit_check_init(&s->units, &s->loop, &unit_calls, s);
	health_init(&s->health, &s->loop, on_health, s);
	unit_watch_init(&s->watch, &s->loop, on_units_changed, s);
	copies_init(&s->copies, &s->loop, &copies_calls, s);
	return s;
}

/* A command, which has a status; of a service nothing is known but that it did not come up. */
static bool ended_as_command(const Supervisor *s)
{
	return s->spec && s->phase == PHASE_ENDED && !s->was_told && !s->spec->keep.units;
}

static void tell_failure(const Supervisor *s, const Error *error)
{
	const HistoryEnd end = ended_as_command(s) ? history_of(s) : (HistoryEnd){ 0 };

	history_start_failed(s->name, error, end.console ? &end : NULL);
}

int supervisor_run(const char *name, SupervisorCompile compile, LaunchNotifier *launcher,
	int *ret_status, Error **ret_error)
{
	_cleanup_(supervisor_donep) Supervisor *s = supervisor_new(name, compile, launcher);
	_cleanup_error_ Error *error = NULL;
	int r, q;

	if (!s)
		return error_oom(ret_error);
	log_step("supervise", "%s", name);
	r = run_all(s, &error);
	/* What could not be undone is tried again by the next command, who finds it by this directory. */
	if (s->directory.fd >= 0 && !s->dirty) {
		q = stale_run_remove_state(name, r < 0 ? NULL : &error);
		r = r < 0 ? r : q;
	}
	if (r < 0) {
		(void)error_wrap(&error, "container %s", name);
		/* Of one that runs, another supervisor knows more than we. */
		if (s->directory.lock_fd >= 0 && r != -ESRCH) {
			launch_notifier_leave(launcher, error);
			if (!s->was_ready)
				tell_failure(s, error);
			if (!s->was_ready && ended_as_command(s))
				*ret_status = s->status;
		}
		/* Told when all is undone, so that who hears it finds nothing left and may start again at once. */
		run_directory_unlock(&s->directory);
		launch_notifier_failed(launcher, error);
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	/* One that was told to end has done what it was told, by whatever signal. */
	*ret_status = s->was_told ? 0 : s->status;
	return 0;
}
