/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's story: take the name, read the description, bring the container up, keep it, take it down. Nothing of the container's
 * is ever believed here; what it says goes through notify.c, base/text.c and readiness.c.
 */
#include "engine/keep/supervisor.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "engine/keep/stale-run.h"
#include "engine/start/links-program.h"
#include "engine/keep/lock.h"
#include "engine/keep/notify.h"
#include "base/procstat.h"
#include "engine/keep/readiness.h"
#include "engine/keep/saved-spec.h"
#include "base/signal-name.h"

#define NOTIFY_NAME "notify" /* in the container's run directory */

static void supervisor_done(Supervisor *s)
{
	if (s->run) /* first: who holds up a process of ours in there may be in there, too */
		run_kill(s->run);
	query_done(&s->query);
	run_free(s->run);
	for (int i = 0; i < _SOURCE_MAX; i++)
		s->fds[i] = fd_close(s->fds[i]);
	(void)fd_close(s->epoll_fd);
	(void)fd_close(s->run_fd);
	lock_drop(s->name, &s->lock_fd);
	run_state_done(&s->state);
	error_free(s->error);
	label_free(s->label);
	spec_free(s->spec);
	(void)munmap(s, sizeof(*s)); /* as mapped: cannot fail */
}
DEFINE_CLEANUP(Supervisor *, supervisor_done)

static Supervisor *supervisor_new(const char *name, Starter *starter)
{
	/* Pages, not malloc(): its large pieces stay untouched, and so cost nothing, until they are needed. */
	Supervisor *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	s->name = name;
	s->starter = starter;
	s->lock_fd = s->run_fd = s->epoll_fd = -EBADF;
	s->query = QUERY_NONE;
	for (int i = 0; i < _SOURCE_MAX; i++)
		s->fds[i] = -EBADF;
	return s;
}

/* Who holds the lock: a supervisor, or a command that needs the container stopped. */
static bool is_running(const char *name)
{
	_cleanup_run_state_ RunState state = { 0 };

	return run_state_load(name, &state, NULL) < 0 || state.phase != RUN_STOPPED;
}

static int take_name(Supervisor *s, Error **ret_error)
{
	int r = lock_take(s->name, &s->lock_fd, ret_error);
	if (r == -EBUSY)
		return is_running(s->name) ? error_set(ret_error, EALREADY, "it runs already")
					   : error_set(ret_error, EBUSY,
						     "another command is working on it just now");
	if (r == 0)
		starter_begin(s->starter);
	return r;
}

static int make_spec(Supervisor *s, Error **ret_error)
{
	int r = s->compile(s->name, &s->spec, ret_error);

	if (r == 0)
		r = label_take_up(s->name, &s->spec->label, &s->label, ret_error);
	if (r == 0)
		r = label_confirm(s->label, ret_error);
	return r;
}

static int make_run_directory(Supervisor *s, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", s->name);

	if (!path)
		return error_oom(ret_error);
	if (mkdir(path, 0700) < 0)
		return error_errno(ret_error, errno, "make directory %s", path);
	s->run_fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->run_fd < 0)
		return error_errno(ret_error, errno, "open directory %s", path);
	return 0;
}

int supervisor_save_state(Supervisor *s, Error **ret_error)
{
	return run_state_save(s->name, &s->state, ret_error);
}

static int begin_state(Supervisor *s, Error **ret_error)
{
	int r;

	s->state.phase = RUN_STARTING;
	s->state.supervisor = getpid();
	s->state.version = strdup(VERSION);
	if (!s->state.version)
		return error_oom(ret_error);
	r = procstat_starttime(getpid(), &s->state.supervisor_starttime);
	if (r < 0)
		return error_errno(ret_error, -r, "read the start time of this process");
	return supervisor_save_state(s, ret_error);
}

static int prepare(Supervisor *s, Error **ret_error)
{
	int r;

	r = take_name(s, ret_error);
	if (r < 0)
		return r;
	r = make_spec(s, ret_error);
	if (r < 0)
		return r;
	r = leftovers_remove(s->spec, s->label, ret_error);
	if (r < 0)
		return r;
	r = make_run_directory(s, ret_error);
	if (r < 0)
		return r;
	r = saved_spec_write(s->run_fd, s->spec, ret_error);
	if (r < 0)
		return r;
	r = begin_state(s, ret_error);
	if (r < 0)
		return r;
	r = supervisor_open_sources(s, ret_error);
	if (r < 0)
		return r;
	return supervisor_listen(s, ret_error);
}

/* The host id that root inside is. */
static uid_t owner_of(const Spec *spec)
{
	for (size_t i = 0; i < spec->users.n_ranges; i++)
		if (spec->users.ranges[i].inside == 0)
			return spec->users.ranges[i].outside;
	return 0;
}

/* The socket's file gets the container's label: a model would else refuse the sending. */
static int open_notify(Supervisor *s, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF, file_fd = -EBADF;
	int r;

	if (s->spec->keep.ready == SPEC_READY_EXEC)
		return 0;
	r = notify_listen(s->run_fd, NOTIFY_NAME, owner_of(s->spec), &fd, ret_error);
	if (r < 0)
		return r;
	file_fd = openat(s->run_fd, NOTIFY_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (file_fd < 0)
		return error_errno(ret_error, errno, "open the notify socket");
	r = label_set_fd(s->label, file_fd, ret_error);
	if (r == 0)
		r = label_set_socket(s->label, fd, ret_error);
	if (r == 0)
		r = supervisor_watch(s, SOURCE_NOTIFY, TAKE_FD(fd), EPOLLIN, ret_error);
	return r;
}

static const char *first_address(const Spec *spec)
{
	for (size_t i = 0; i < spec->n_networks; i++)
		if (spec->networks[i].addresses && spec->networks[i].addresses[0])
			return spec->networks[i].addresses[0];
	return NULL;
}

static int note_run(Supervisor *s, Error **ret_error)
{
	char link[40], path[PATH_MAX];
	const char *address;
	ssize_t n;
	int r;

	run_state_done(&(RunState){
		.address = TAKE_PTR(s->state.address), .cgroup = TAKE_PTR(s->state.cgroup) });
	s->state.pid = s->run->pid;
	s->state.since = (int64_t)time(NULL);
	s->since = clock_now_msec();
	r = procstat_starttime(s->run->pid, &s->state.starttime);
	if (r < 0 && r != -ESRCH) /* a short command has ended: the loop sees it and what it said */
		return error_errno(ret_error, -r, "read the start time of the first process");
	address = first_address(s->spec);
	if (address) {
		s->state.address = strndup(address, strcspn(address, "/"));
		if (!s->state.address)
			return error_oom(ret_error);
	}
	if (s->run->cgroup_fd >= 0) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", s->run->cgroup_fd);
		n = readlink(link, path, sizeof(path) - 1);
		s->state.cgroup = n > 0 ? strndup(path, (size_t)n) : NULL;
		if (!s->state.cgroup)
			return error_errno(ret_error, errno, "find the container's cgroup");
	}
	return supervisor_save_state(s, ret_error);
}

static int watch_run(Supervisor *s, Error **ret_error)
{
	int pidfd, console, r;

	/* Copies: the run keeps its own, a source is closed with the loop's entry. */
	pidfd = fcntl(s->run->pidfd, F_DUPFD_CLOEXEC, 3);
	if (pidfd < 0)
		return error_errno(ret_error, errno, "duplicate a descriptor");
	r = supervisor_watch(s, SOURCE_PROCESS, pidfd, EPOLLIN, ret_error);
	if (r < 0 || s->run->console_fd < 0)
		return r;
	console = fcntl(s->run->console_fd, F_DUPFD_CLOEXEC, 3);
	if (console < 0 || fcntl(console, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(ret_error, errno, "set up the console");
	/* Edges: while nobody inside has it open a pty's master is hung up all the time, and may come back. */
	return supervisor_watch(s, SOURCE_CONSOLE, console, EPOLLIN | EPOLLET, ret_error);
}

static int bring_up(Supervisor *s, Error **ret_error)
{
	int r;

	s->state.phase = RUN_STARTING;
	s->ready = s->stopping = s->ended = s->reboot = false;
	s->next_stop = 0;
	r = label_load(s->label, ret_error);
	if (r < 0)
		return r;
	r = open_notify(s, ret_error);
	if (r < 0)
		return r;
	r = engine_start(s->spec, s->label, &CHANNELS_NONE, &s->run, ret_error);
	if (r < 0)
		return r;
	r = watch_run(s, ret_error);
	if (r == 0)
		r = note_run(s, ret_error);
	if (r < 0)
		return r;
	/* A command runs as soon as it was exec'ed; only a systemd can tell more. */
	if (s->spec->keep.ready == SPEC_READY_EXEC)
		supervisor_is_ready(s);
	else
		supervisor_set_deadline(s, SOURCE_DEADLINE, s->spec->keep.ready_timeout);
	return 0;
}

void supervisor_is_ready(Supervisor *s)
{
	_cleanup_error_ Error *error = NULL;

	s->state.phase = RUN_RUNNING;
	s->state.since = (int64_t)time(NULL);
	s->since = clock_now_msec();
	if (supervisor_save_state(s, &error) < 0) {
		supervisor_give_up(s, &error);
		return;
	}
	s->ready = true;
	supervisor_set_deadline(s, SOURCE_DEADLINE, 0);
	starter_ready(s->starter);
	/* From here on we only wait, perhaps for months: what starting needed goes back. */
	(void)malloc_trim(0);
}

/* The next step of the way down; after the last one it is killed. */
static void next_stop(Supervisor *s)
{
	static const SpecStop kill = { .signal = (char *)"KILL" },
			      usual = { .signal = (char *)"TERM" };
	const Spec *spec = s->spec;
	const SpecStop *stop = s->next_stop < spec->n_stops ? &spec->stops[s->next_stop]
			       : s->next_stop > 0	    ? &kill
							    : &usual;
	int number = signal_from_name(stop->signal); /* refuse.c: there is one */

	s->stop_step = s->stop_limit;
	if (stop->seconds > 0)
		s->stop_step = deadline_first(s->stop_limit, deadline_in(stop->seconds));
	s->next_stop++;
	if (number == SIGKILL)
		run_kill(s->run);
	else
		(void)syscall(SYS_pidfd_send_signal, s->run->pidfd, number, NULL,
			0); /* it may have ended just now */
}

static void begin_stop(Supervisor *s)
{
	notify_send("STOPPING=1\nSTATUS=shutting down");
	supervisor_stop_asking(s);
	s->stopping = true;
	s->state.phase = RUN_STOPPING;
	(void)supervisor_save_state(
		s, NULL); /* only what `list` shows; the end comes all the same */
}

void supervisor_shut_down(Supervisor *s, unsigned int timeout)
{
	s->stop_limit = deadline_in(timeout);
	if (timeout == 0)
		run_kill(s->run);
	else if (!s->stopping)
		next_stop(s);
	else
		s->stop_step = deadline_first(s->stop_step, s->stop_limit);
	if (!s->stopping)
		begin_stop(s);
	if (timeout > 0)
		supervisor_set_deadline_msec(
			s, SOURCE_DEADLINE, (int64_t)deadline_left(s->stop_step) + 1);
}

void supervisor_stop_further(Supervisor *s)
{
	if (deadline_left(s->stop_limit) == 0) {
		run_kill(s->run);
		return;
	}
	if (deadline_left(s->stop_step) == 0)
		next_stop(s);
	supervisor_set_deadline_msec(s, SOURCE_DEADLINE, (int64_t)deadline_left(s->stop_step) + 1);
}

void supervisor_give_up(Supervisor *s, Error **error)
{
	if (!s->error)
		s->error = TAKE_PTR(*error);
	supervisor_shut_down(s, UNDO_TIMEOUT);
}

/* Undone in the reverse order of the making: processes before what they use, the label when nothing carries it any more. All steps are
 * tried; the first failure is reported. What has not ended keeps its network and its label. */
static int take_down(Supervisor *s, Error **ret_error)
{
	_cleanup_error_ Error *first = NULL, *second = NULL;
	int r = 0, q;

	if (s->run) /* first: who holds up a process of ours in there may be in there, too */
		run_kill(s->run);
	supervisor_stop_asking(s);
	supervisor_unwatch(s, SOURCE_PROCESS);
	supervisor_unwatch(s, SOURCE_CONSOLE);
	supervisor_set_deadline(s, SOURCE_DEADLINE, 0);
	if (s->run)
		r = run_end(s->run, ret_error);
	s->run = run_free(s->run);
	supervisor_unwatch(s, SOURCE_NOTIFY);
	(void)unlinkat(s->run_fd, NOTIFY_NAME, 0); /* a command's container has none */
	s->dirty = s->dirty || r < 0;
	if (r < 0)
		return r;
	r = links_detach(s->spec, &first);
	q = label_unload(s->label, &second);
	if (r == 0 && q == 0)
		return 0;
	s->dirty = true;
	*ret_error = r < 0 ? TAKE_PTR(first) : TAKE_PTR(second);
	return r < 0 ? r : q;
}

static int ended_early(const Supervisor *s, Error **ret_error)
{
	_cleanup_free_ char *tail = NULL, *lines = NULL;

	if (console_tail(&s->console, &tail, ret_error) < 0)
		return -ENOMEM;
	lines = readiness_log_lines(tail);
	if (!lines)
		return error_oom(ret_error);
	if (s->stopping)
		return error_set(ret_error, ECANCELED, "it was stopped before it was ready");
	return error_set(ret_error, ECHILD, "it ended before it was ready, with %s %d%s%s",
		WIFSIGNALED(s->status) ? "signal" : "status",
		WIFSIGNALED(s->status) ? WTERMSIG(s->status) : WEXITSTATUS(s->status),
		*lines ? "; its console said last:" : "", lines);
}

/* pid_namespaces(7): reboot(2) inside kills PID 1, which its parent sees as SIGHUP for a restart and SIGINT for the others. */
static bool wants_reboot(Supervisor *s)
{
	if (s->spec->keep.on_reboot != SPEC_AFTER_START || !s->ready || s->stopping ||
		!WIFSIGNALED(s->status) || WTERMSIG(s->status) != SIGHUP)
		return false;
	s->quick_reboots =
		clock_now_msec() - s->since < REBOOT_MIN_SECONDS * 1000 ? s->quick_reboots + 1 : 0;
	return s->quick_reboots <= REBOOT_QUICK_MAX;
}

/* One life of the container, from nothing to nothing. */
static int live(Supervisor *s, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r, q;

	r = bring_up(s, ret_error);
	if (r == 0)
		r = supervisor_loop(s, ret_error);
	if (r == 0)
		s->reboot = wants_reboot(s);
	if (r == 0 && s->error) {
		r = -error_errnum(s->error);
		*ret_error = TAKE_PTR(s->error);
	} else if (r == 0 && !s->ready) {
		r = ended_early(s, ret_error);
	}
	q = take_down(s, &error);
	if (r < 0 || q == 0)
		return r;
	*ret_error = TAKE_PTR(error);
	return q;
}

static int run_all(Supervisor *s, Error **ret_error)
{
	int r;

	r = prepare(s, ret_error);
	if (r < 0)
		return r;
	do
		r = live(s, ret_error);
	while (r == 0 && s->reboot);
	return r;
}

int supervisor_run(const char *name, SupervisorCompile compile, Starter *starter, int *ret_status,
	Error **ret_error)
{
	_cleanup_(supervisor_donep) Supervisor *s = supervisor_new(name, starter);
	_cleanup_error_ Error *error = NULL;
	bool leave;
	int r, q;

	if (!s)
		return error_oom(ret_error);
	s->compile = compile;
	r = run_all(s, &error);
	/* What could not be undone is tried again by the next command, who finds it by this directory. */
	if (s->run_fd >= 0 && !s->dirty) {
		q = leftovers_remove_state(name, r < 0 ? NULL : &error);
		r = r < 0 ? r : q;
	}
	if (r < 0) {
		(void)error_wrap(&error, "container %s", name);
		/* Of one that runs, another supervisor knows more than we. */
		leave = s->lock_fd >= 0;
		/* Told when all is undone, so that who hears it finds nothing left and may start again at once. */
		lock_drop(s->name, &s->lock_fd);
		starter_failed(starter, error, leave);
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	/* One that was told to end has done what it was told, by whatever signal. */
	*ret_status = s->stopping ? 0 : s->status;
	return 0;
}
