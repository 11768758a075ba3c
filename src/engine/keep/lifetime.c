/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/keep/lifetime.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "engine/keep/engines.h"
#include "engine/keep/event-log.h"
#include "engine/keep/lifetime-requests.h"
#include "engine/keep/machine.h"
#include "engine/keep/reload.h"
#include "engine/keep/resolver-change.h"
#include "engine/start/links-program.h"

#define UNDO_TIMEOUT 10 /* seconds for the shutdown of one whose start has failed */

/* -- From one phase to the next -- */

/* For what only `list` shows: without it the way goes on. */
void lifetime_tell_phase(Lifetime *l, RunPhase phase)
{
	(void)run_directory_set_phase(&l->directory, phase, NULL);
}

/* For the container to be ready, or to have reloaded. */
static void stop_waiting(Lifetime *l)
{
	unit_check_stop(&l->units);
	inquiry_stop(&l->inquiry);
	loop_stop_timer(l->loop, &l->start_timeout);
}

void lifetime_shut_down(Lifetime *l, unsigned int timeout)
{
	bool begun = l->phase == PHASE_STOPPING;

	l->was_told = true;
	if (l->phase == PHASE_ENDED) /* just now; then it does not come back either */
		return;
	shutdown_begin(&l->shutdown, timeout);
	if (begun)
		return;
	l->phase = PHASE_STOPPING;
	notify_send("STOPPING=1\nSTATUS=shutting down");
	stop_waiting(l);
	health_stop(&l->health);
	copies_stop(&l->copies);
	unit_watch_pause(&l->watch); /* what ends from now on is told to */
	lifetime_tell_phase(l, RUN_STOPPING);
}

/* Takes *error as the reason why the start failed and begins to undo it. */
static void give_up(Lifetime *l, Error **error)
{
	if (!l->error)
		l->error = TAKE_PTR(*error);
	lifetime_shut_down(l, UNDO_TIMEOUT);
}

static EnterSpec container_of(const Lifetime *l)
{
	return (EnterSpec){
		.spec = l->spec, .label = l->label, .pid = l->run->pid, .pidfd = l->run->pidfd
	};
}

/* To who waits for the start; it counts as one from now on, even if all ends in the next moment. */
static void tell_ready(Lifetime *l)
{
	l->was_ready = true;
	launch_notifier_ready(l->launcher);
	history_ready(l->name);
	machine_register(l->name, l->spec, l->run->pid);
}

static void become_ready(Lifetime *l)
{
	_cleanup_error_ Error *error = NULL;
	EnterSpec container;

	l->sequel.ready_at = clock_now_msec();
	l->directory.state.health = l->spec->keep.health ? HEALTH_STARTING : HEALTH_NONE;
	if (run_directory_set_phase(&l->directory, RUN_RUNNING, &error) < 0) {
		give_up(l, &error);
		return;
	}
	l->phase = PHASE_RUNNING;
	log_step("running", "%s", l->name);
	loop_stop_timer(l->loop, &l->start_timeout);
	if (l->publisher.held && !l->spec->keep.health)
		lifetime_let_in(l);
	if (!l->was_ready) /* of one that was held it is told already */
		tell_ready(l);
	container = container_of(l);
	health_begin(&l->health, &container, l->directory.state.cgroup);
	copies_follow(&l->copies, l->spec, l->label);
	oom_watch_begin(&l->memory, l->run->cgroup_fd);
	/* From here on we only wait, perhaps for months: what starting needed goes back. */
	memory_give_back();
}

static void on_process_end(void *data)
{
	Lifetime *l = data;

	l->phase = PHASE_ENDED;
	health_stop(&l->health);
	copies_stop(&l->copies);
	unit_watch_pause(&l->watch);
	l->sequel.ended_at = clock_now_msec();
	oom_watch_end(&l->memory, l->run->cgroup_fd);
	stop_waiting(l); /* an answer that comes in the same moment changes nothing */
	loop_unwatch(l->loop, &l->process);
	(void)run_wait(
		l->run, &l->status, NULL); /* our child, and it has ended: nothing can fail */
}

static void on_time_to_start(void *data)
{
	Lifetime *l = data;
	_cleanup_error_ Error *error = NULL;

	(void)error_set(&error, ETIMEDOUT, "it was not ready within %u seconds",
		l->spec->keep.ready_timeout);
	give_up(l, &error);
}

/* -- What is asked inside -- */

static void on_health(void *data, RunHealth health)
{
	Lifetime *l = data;

	if (l->publisher.held && (health == HEALTH_GOOD || health == HEALTH_BAD))
		lifetime_let_in(l);
	(void)run_directory_set_health(&l->directory, health, NULL); /* for who looks, alone */
	if (health == HEALTH_GOOD || health == HEALTH_BAD)
		event_log(l->name, health == HEALTH_GOOD ? EVENT_HEALTHY : EVENT_UNHEALTHY, NULL);
}

static void on_units_up(void *data, const char *answer)
{
	Lifetime *l = data;

	become_ready(l);
	if (l->phase == PHASE_RUNNING)
		unit_watch_begin(&l->watch, answer);
}

static void on_units_changed(void *data, const Outcome *outcome)
{
	Lifetime *l = data;
	OutcomeVerdict before = l->told;

	l->told = outcome->verdict;
	history_units(l->name, before, outcome);
}

static void on_units_failed(void *data, Error **error)
{
	give_up(data, error);
}

static void check_units(Lifetime *l)
{
	const EnterSpec container = container_of(l);

	unit_watch_prepare(&l->watch, &container, l->run->cgroup_fd);
	unit_check_begin(&l->units, &l->inquiry, &container, l->directory.state.since);
}

static const UnitCheckCalls unit_calls = { .up = on_units_up, .failed = on_units_failed };

int lifetime_reload(void *lifetime, Error **ret_error)
{
	Lifetime *l = lifetime;
	const EnterSpec container = container_of(l);

	if (inquiry_is_open(&l->inquiry) || l->phase != PHASE_RUNNING)
		return error_set(
			ret_error, EBUSY, "the container is busy starting, stopping or reloading");
	return reload_begin(&l->server, &l->inquiry, &container, ret_error);
}

/* -- What the host's commands, and its service manager, ask for -- */

static void on_stop(void *data, unsigned int seconds)
{
	lifetime_shut_down(data, seconds);
}

/* What it runs with is there, but its first process waits. Whoever ends it now ends one that has started. */
static int hold(Lifetime *l, Error **ret_error)
{
	int r = run_directory_set_phase(&l->directory, RUN_CREATED, ret_error);

	if (r < 0)
		return r;
	log_step("held", "first process of %s", l->name);
	tell_ready(l);
	event_log(l->name, EVENT_SUSPENDED, NULL);
	return 0;
}

static int release(void *data, Error **ret_error)
{
	Lifetime *l = data;
	int r;

	if (!l->run || l->run->gate_fd < 0 || l->phase != PHASE_STARTING)
		return error_set(ret_error, EALREADY, "its first process is not held");
	r = engine_of(l->spec)->start(l->run, l->label, ret_error);
	l->run->gate_fd = fd_close(l->run->gate_fd);
	l->run->answer_fd = fd_close(l->run->answer_fd);
	l->spec->keep.held = false;
	if (r < 0)
		lifetime_shut_down(l, UNDO_TIMEOUT);
	else
		become_ready(l);
	return r;
}

static const ControlService service = {
	.release = release,
	.change = lifetime_change,
	.stop = on_stop,
	.publish = lifetime_publish,
	.hold = lifetime_hold_ports,
	.reach = lifetime_reach,
	.resolver = lifetime_resolver,
	.reload = lifetime_reload,
};

static void on_killed(void *data, uint64_t n)
{
	history_killed(((const Lifetime *)data)->name, n);
}

/* -- What the host renews -- */

static bool on_renewed(void *data)
{
	Lifetime *l = data;

	if ((l->spec->keep.units || l->spec->keep.reload_answers) && lifetime_reload(l, NULL) < 0)
		return false;
	event_log(l->name, EVENT_RENEWED, NULL);
	return true;
}

static void on_not_renewed(void *data, const Error *error)
{
	Lifetime *l = data;
	const Outcome outcome = { .reason = (char *)error_message(error) };

	(void)fprintf(stderr, "container %s: %s; it keeps what it had\n", l->name, outcome.reason);
	event_log(l->name, EVENT_NOT_RENEWED, &outcome);
}

static void on_servers(void *data, char *const *servers)
{
	_cleanup_error_ Error *error = NULL;
	Lifetime *l = data;

	if (resolver_change(l->spec, servers, l->directory.fd, &error) < 0)
		on_not_renewed(l, error);
}

static void on_network_lost(void *data, const char *reason)
{
	const Outcome outcome = { .reason = (char *)reason };
	Lifetime *l = data;

	(void)fprintf(stderr, "container %s: network-lost: %s\n", l->name, reason);
	event_log(l->name, EVENT_NETWORK_LOST, &outcome);
	(void)run_directory_set_network_lost(&l->directory, reason, NULL); /* for inspect */
}

static void on_network_restored(void *data, bool was_short)
{
	const Outcome outcome = { .reason = (char *)"somebody took away its rules or its bridge" };
	Lifetime *l = data;

	if (was_short)
		event_log(l->name, EVENT_NETWORK_LOST, &outcome);
	else
		(void)run_directory_set_network_lost(&l->directory, NULL, NULL);
	event_log(l->name, EVENT_NETWORK_RESTORED, NULL);
}

static const NetworkKeeperCalls network_calls = { .lost = on_network_lost,
	.restored = on_network_restored };
static const CopiesCalls copies_calls = {
	.renewed = on_renewed, .servers = on_servers, .failed = on_not_renewed
};

/* -- What the container says -- */

static void on_output(void *data, unsigned int terminal, const char *bytes, size_t size)
{
	Lifetime *l = data;

	control_server_show(&l->server, terminal, bytes, size);
}

static void on_said(void *data, const Notification *said)
{
	Lifetime *l = data;

	if (l->phase == PHASE_STARTING && said->ready) {
		if (l->spec->keep.ready == SPEC_READY_NOTIFY)
			become_ready(l);
		else if (!inquiry_is_open(&l->inquiry))
			check_units(l);
	}
	if (l->phase == PHASE_ENDED && l->spec->keep.ready == SPEC_READY_NOTIFY && said->ready &&
		!l->was_ready && !l->was_told)
		tell_ready(l); /* it was, before it ended */
	if (l->spec->keep.reload_answers) { /* our own init */
		unit_watch_note(&l->watch, said);
		reload_answered(&l->server, said->reloaded);
	}
	if (l->phase == PHASE_RUNNING && said->stopping &&
		l->directory.state.phase != RUN_STOPPING) {
		unit_watch_pause(&l->watch);
		lifetime_tell_phase(l, RUN_STOPPING); /* or it reboots: only its end will tell */
	}
	if (l->phase == PHASE_STARTING && said->status[0])
		notify_pass_on(said->status, &l->status_told);
}

static const ListenerCalls calls = { .output = on_output, .said = on_said };

/* -- One life, from nothing to nothing -- */

static int watch_terminal(Lifetime *l, unsigned int number, int fd, Error **ret_error)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(ret_error, errno, "cannot set up the terminal %u", number);
	return listener_hear_terminal(&l->listener, number, fd, ret_error);
}

static int watch_run(Lifetime *l, Error **ret_error)
{
	int r;

	l->listener.pid = l->run->pid;
	shutdown_prepare(&l->shutdown, l->loop, l->spec, l->run);
	r = loop_watch(l->loop, &l->process, l->run->pidfd, EPOLLIN, on_process_end, l, ret_error);
	if (r < 0 || l->run->console_fd < 0)
		return r;
	r = l->spec->keep.log ? console_log_open(&l->listener.log, l->spec->keep.log, ret_error)
			      : 0;
	if (r == 0)
		r = watch_terminal(l, 0, l->run->console_fd, ret_error);
	for (unsigned int i = 0; r == 0 && i < l->run->n_terminal_fds; i++)
		r = watch_terminal(l, i + 1, l->run->terminal_fds[i], ret_error);
	return r;
}

/* Pipes whose inner ends are the first process's alone. */
static int create_held(Lifetime *l, Error **ret_error)
{
	_cleanup_fd_ int gate_in = -EBADF, gate_out = -EBADF, answer_in = -EBADF,
			 answer_out = -EBADF;
	Channels channels = CHANNELS_NONE;
	int pair[2], r;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot create a pipe");
	gate_out = pair[0];
	gate_in = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot create a pipe");
	answer_out = pair[0];
	answer_in = pair[1];
	channels.gate = gate_out;
	channels.answer = answer_in;
	r = engine_of(l->spec)->create(l->spec, l->label, &channels, &l->run, ret_error);
	if (r < 0)
		return r;
	l->run->gate_fd = TAKE_FD(gate_in);
	l->run->answer_fd = TAKE_FD(answer_out);
	return 0;
}

static int bring_up(Lifetime *l, Error **ret_error)
{
	int r;

	event_log(l->name, EVENT_START, NULL);
	l->phase = PHASE_STARTING;
	l->was_ready = l->was_told = false;
	l->told = OUTCOME_GOOD;
	l->directory.state.health = HEALTH_NONE;
	l->directory.state.phase = RUN_STARTING;
	free(l->directory.state.network_lost);
	l->directory.state.network_lost = NULL;
	r = label_load(l->label, ret_error);
	if (r < 0)
		return r;
	if (l->spec->keep.ready != SPEC_READY_EXEC)
		r = listener_hear_notify(
			&l->listener, l->directory.fd, l->spec, l->label, ret_error);
	if (r < 0)
		return r;
	r = copies_make(&l->copies, l->spec, l->label, ret_error);
	if (r == 0)
		r = resolver_assign(l->spec, l->copies.servers, ret_error);
	if (r == 0)
		r = publisher_add(&l->publisher, l->spec, ret_error);
	if (r == 0)
		r = publisher_begin_held(&l->publisher, l->spec, ret_error);
	if (r == 0)
		r = network_keeper_begin(&l->networks, l->spec, ret_error);
	if (r == 0)
		r = l->spec->keep.held ? create_held(l, ret_error)
				       : engine_of(l->spec)->create(l->spec, l->label,
						 &CHANNELS_NONE, &l->run, ret_error);
	if (r < 0)
		return r;
	r = watch_run(l, ret_error);
	if (r == 0)
		r = network_keeper_watch_servers(&l->networks, ret_error);
	if (r == 0)
		r = run_directory_note_run(&l->directory, l->spec, l->run,
			!l->spec->keep.held && l->spec->keep.ready != SPEC_READY_EXEC, ret_error);
	if (r < 0)
		return r;
	if (l->spec->keep.held)
		return hold(l, ret_error);
	/* A command runs as soon as it was exec'ed; only a systemd can tell more. */
	if (l->spec->keep.ready == SPEC_READY_EXEC)
		become_ready(l);
	else
		loop_set_timer(l->loop, &l->start_timeout, deadline_in(l->spec->keep.ready_timeout),
			on_time_to_start, l);
	return 0;
}

static int keep(Lifetime *l, Error **ret_error)
{
	int r = 0;

	while (r == 0 && l->phase != PHASE_ENDED)
		r = loop_run(l->loop, ret_error);
	listener_drain(&l->listener);
	return r;
}

/* Undone in the reverse order of the making: processes before what they use, the label when nothing carries it any more. All steps are
 * tried; the first failure is reported. What has not ended keeps its network and its label. */
static int take_down(Lifetime *l, Error **ret_error)
{
	_cleanup_error_ Error *first = NULL, *second = NULL;
	int r, q, hook = 0;

	log_step("undo", "run of %s", l->name);
	if (l->run) /* first: who holds up a process of ours in there may be in there, too */
		run_kill(l->run);
	stop_waiting(l);
	loop_stop_timer(l->loop, &l->hold_check);
	unit_watch_stop(&l->watch);
	oom_watch_stop(&l->memory);
	health_stop(&l->health);
	copies_stop(&l->copies);
	network_keeper_stop(&l->networks);
	listener_stop(&l->listener);
	loop_unwatch(l->loop, &l->process);
	shutdown_end(&l->shutdown);
	if (l->run)
		hook = engine_of(l->spec)->delete (l->run, ret_error);
	l->run = run_free(l->run);
	l->dirty = l->dirty || hook < 0;
	if (hook < 0)
		return hook;
	r = links_detach(l->spec, &first);
	publisher_give_back(&l->publisher, l->spec);
	publisher_end(&l->publisher);
	q = label_unload(l->label, &second);
	if (r == 0 && q == 0)
		return hook ? -EIO
			    : 0; /* one of those that follow the end has failed: that leaves nothing */
	if (hook)
		*ret_error = error_free(*ret_error);
	l->dirty = true;
	*ret_error = r < 0 ? TAKE_PTR(first) : TAKE_PTR(second);
	return r < 0 ? r : q;
}

static bool wants_reboot(Lifetime *l)
{
	return l->was_ready && !l->was_told &&
	       sequel_is_start(&l->sequel, &l->spec->keep, l->status);
}

/* A command that ends at once, and well, has started: what it said of that may still lie in the socket. */
static bool has_done_its_work(Lifetime *l)
{
	if (l->spec->keep.ready != SPEC_READY_NOTIFY || l->was_told || !WIFEXITED(l->status) ||
		WEXITSTATUS(l->status) != 0)
		return false;
	tell_ready(l);
	return true;
}

HistoryEnd lifetime_history(const Lifetime *l)
{
	return (HistoryEnd){
		.status = l->status,
		.told = l->was_told,
		.reboots = l->reboots,
		.units = &l->watch.known,
		.console = l->spec->keep.units ? NULL : &l->listener.console,
	};
}

void lifetime_tell_end(Lifetime *l)
{
	const HistoryEnd end = lifetime_history(l);

	if (!l->reboots)
		run_directory_tell_end(&l->directory);
	history_end(l->name, &end);
	if (l->was_ready)
		machine_unregister(l->name, l->spec);
}

int lifetime_run(Lifetime *l, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r, q;

	r = bring_up(l, ret_error);
	if (r == 0)
		r = keep(l, ret_error);
	if (r == 0 && l->error) {
		r = -error_errnum(l->error);
		*ret_error = TAKE_PTR(l->error);
	} else if (r == 0 && !l->was_ready && !has_done_its_work(l)) {
		r = readiness_ended_early(l->was_told, l->status, &l->listener.console, ret_error);
	}
	l->reboots = r == 0 && wants_reboot(l);
	if (r == 0)
		lifetime_tell_end(l);
	q = take_down(l, &error);
	if (r < 0 || q == 0)
		return r;
	*ret_error = TAKE_PTR(error);
	return q;
}

/* -- The value -- */

void lifetime_init(Lifetime *l, const char *name, LaunchNotifier *launcher, Loop *loop)
{
	l->name = name;
	l->launcher = launcher;
	l->loop = loop;
	l->directory = RUN_DIRECTORY_NONE(name);
	l->publisher = PUBLISHER_NONE;
	l->publisher.loop = loop;
	l->process = LOOP_WATCH_NONE;
	control_server_init(&l->server, loop, name, &l->run, &l->listener.console, &service, l);
	listener_init(&l->listener, loop, &calls, l);
	inquiry_init(&l->inquiry, loop);
	unit_check_init(&l->units, loop, &unit_calls, l);
	health_init(&l->health, loop, on_health, l);
	unit_watch_init(&l->watch, loop, on_units_changed, l);
	oom_watch_init(&l->memory, loop, on_killed, l);
	copies_init(&l->copies, loop, &copies_calls, l);
	network_keeper_init(&l->networks, loop, &network_calls, l);
}

void lifetime_done(Lifetime *l)
{
	if (l->run) /* first: who holds up a process of ours in there may be in there, too */
		run_kill(l->run);
	unit_check_stop(&l->units);
	unit_watch_stop(&l->watch);
	oom_watch_stop(&l->memory);
	health_stop(&l->health);
	copies_done(&l->copies);
	network_keeper_stop(&l->networks);
	inquiry_stop(&l->inquiry);
	listener_done(&l->listener);
	control_server_done(&l->server);
	run_free(l->run);
	publisher_end(&l->publisher);
	run_directory_done(&l->directory);
	error_free(l->error);
	label_free(l->label);
	spec_free(l->spec);
}
