/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's loop: one table of who is called for which descriptor.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/keep/notify.h"
#include "engine/keep/supervisor.h"

#define EVENTS_MAX 8 /* taken from the kernel at once */
#define CONSOLE_PIECE 4096u /* bytes read at once */
#define CONSOLE_TURNS 16 /* pieces until others have their turn */
/* Our time is not charged to the container: so much of what it says is read in a window of time, and then it waits. */
#define WINDOW_MSEC 100
#define WINDOW_PIECES 32u /* of the console: 1.3 MB in a second */
#define WINDOW_NOTIFICATIONS 20u

int supervisor_watch(Supervisor *s, Source source, int fd, uint32_t events, Error **ret_error)
{
	struct epoll_event event = { .events = events, .data.u32 = (uint32_t)source };

	s->fds[source] = fd;
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return error_errno(ret_error, errno, "watch a descriptor");
	return 0;
}

void supervisor_unwatch(Supervisor *s, Source source)
{
	/* Taken out by hand: closing does that only if nobody has a copy. */
	if (s->fds[source] >= 0)
		(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->fds[source], NULL);
	s->fds[source] = fd_close(s->fds[source]);
}

void supervisor_set_deadline_msec(Supervisor *s, Source timer, int64_t msec)
{
	const struct itimerspec when = { .it_value = { .tv_sec = msec / 1000,
						 .tv_nsec = msec % 1000 * 1000000L } };

	(void)timerfd_settime(s->fds[timer], 0, &when, NULL); /* cannot fail for a valid time */
}

void supervisor_set_deadline(Supervisor *s, Source timer, unsigned int seconds)
{
	supervisor_set_deadline_msec(s, timer, (int64_t)seconds * 1000);
}

static int open_signals(Supervisor *s, Error **ret_error)
{
	sigset_t mask;
	int fd;

	(void)sigemptyset(&mask); /* these do not fail for valid signals */
	(void)sigaddset(&mask, SIGTERM);
	(void)sigaddset(&mask, SIGINT);
	(void)sigaddset(&mask, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return error_errno(ret_error, errno, "block signals");
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_errno(ret_error, errno, "watch for signals");
	return supervisor_watch(s, SOURCE_SIGNALS, fd, EPOLLIN, ret_error);
}

static int open_timer(Supervisor *s, Source source, Error **ret_error)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return error_errno(ret_error, errno, "make a timer");
	return supervisor_watch(s, source, fd, EPOLLIN, ret_error);
}

int supervisor_open_sources(Supervisor *s, Error **ret_error)
{
	int r;

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return error_errno(ret_error, errno, "make an event queue");
	r = open_signals(s, ret_error);
	if (r == 0)
		r = open_timer(s, SOURCE_DEADLINE, ret_error);
	if (r == 0)
		r = open_timer(s, SOURCE_QUERY_DEADLINE, ret_error);
	return r;
}

static void on_signal(Supervisor *s, Source source)
{
	struct signalfd_siginfo info;

	if (read(s->fds[source], &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		(void)supervisor_ask_reload(s, NULL); /* one that is under way already will do */
	else
		supervisor_shut_down(s, STOP_TIMEOUT);
}

static void on_process(Supervisor *s, Source source)
{
	s->ended = true;
	supervisor_unwatch(s, source);
	(void)run_wait(
		s->run, &s->status, NULL); /* our child, and it has ended: nothing can fail */
}

/* Standard output is the log. It is never waited for: what it does not take is lost there, but still in the ring. */
static void to_log(const char *text, size_t size)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (size > 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!write(STDOUT_FILENO, text, size); /* likewise */
}

static void on_console(Supervisor *s, Source source)
{
	char data[CONSOLE_PIECE], text[CONSOLE_PIECE + 1];

	s->console_pending = false;
	for (int i = 0; i < CONSOLE_TURNS && s->console_pieces < WINDOW_PIECES; i++) {
		ssize_t n;

		s->console_pieces++;
		n = read(s->fds[source], data, sizeof(data));

		if (n <= 0) /* EAGAIN: all read; EIO: nobody inside has it open now */
			return;
		supervisor_show(s, data, (size_t)n);
		to_log(text, console_add(&s->console, data, (size_t)n, text));
	}
	s->console_pending = true; /* the edge is used up: nobody will wake us for the rest */
}

static void hear_notifications(Supervisor *s, bool hear)
{
	struct epoll_event event = { .events = hear ? EPOLLIN : 0, .data.u32 = SOURCE_NOTIFY };

	if (s->fds[SOURCE_NOTIFY] >= 0)
		(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, s->fds[SOURCE_NOTIFY],
			&event); /* is in it: cannot fail */
}

/* Returns how long to wait for events, as for poll(2): when something is held back, until the next window. */
static int next_window(Supervisor *s)
{
	bool deaf = s->notifications >= WINDOW_NOTIFICATIONS;

	if (!s->console_pending && !deaf && s->console_pieces == 0 && s->notifications == 0)
		return -1;
	if (deadline_left(s->window) == 0) {
		s->window = deadline_in_msec(WINDOW_MSEC);
		s->console_pieces = s->notifications = 0;
		if (deaf)
			hear_notifications(s, true);
	}
	if (s->console_pending && s->console_pieces < WINDOW_PIECES)
		return 0;
	return s->console_pending || s->notifications >= WINDOW_NOTIFICATIONS
		       ? deadline_left(s->window)
		       : -1;
}

static void on_notify(Supervisor *s, Source source)
{
	Notification said;

	if (++s->notifications == WINDOW_NOTIFICATIONS)
		hear_notifications(s, false);
	if (notify_receive(s->fds[source], s->run->pid, &said) == 0 || s->stopping)
		return;
	if (said.ready && !s->ready && s->spec->keep.ready == SPEC_READY_NOTIFY)
		supervisor_is_ready(s);
	else if (said.ready && !s->ready && s->asking == ASKING_NOTHING)
		supervisor_ask_units(s);
	if (said.stopping && s->ready && s->state.phase != RUN_STOPPING) {
		s->state.phase = RUN_STOPPING; /* or it reboots: only its end will tell */
		(void)supervisor_save_state(s, NULL); /* for `list` alone */
	}
	/* What root inside says as often as he can is not to keep the host's service manager busy. */
	if (said.status[0] && !s->ready && clock_now_msec() / 1000 != s->status_told) {
		char text[NOTIFY_STATUS_MAX + 32];

		s->status_told = clock_now_msec() / 1000;
		(void)snprintf(text, sizeof(text), "STATUS=starting: %s", said.status);
		notify_send(text);
	}
}

static void on_deadline(Supervisor *s, Source source)
{
	_cleanup_error_ Error *error = NULL;
	uint64_t times;

	if (read(s->fds[source], &times, sizeof(times)) != (ssize_t)sizeof(times))
		return; /* it was set anew in between */
	if (s->stopping) {
		supervisor_stop_further(s);
		return;
	}
	(void)error_set(&error, ETIMEDOUT, "it was not ready within %u seconds",
		s->spec->keep.ready_timeout);
	supervisor_give_up(s, &error);
}

static void (*const handlers[_SOURCE_MAX])(Supervisor *s, Source source) = {
	[SOURCE_SIGNALS] = on_signal,
	[SOURCE_PROCESS] = on_process,
	[SOURCE_CONSOLE] = on_console,
	[SOURCE_NOTIFY] = on_notify,
	[SOURCE_DEADLINE] = on_deadline,
	[SOURCE_QUERY_OUTPUT] = supervisor_on_query,
	[SOURCE_QUERY_PROCESS] = supervisor_on_query,
	[SOURCE_QUERY_DEADLINE] = supervisor_on_query,
	[SOURCE_CONTROL] = supervisor_on_connect,
	[SOURCE_CLIENT... _SOURCE_MAX - 1] = supervisor_on_client,
};

int supervisor_loop(Supervisor *s, Error **ret_error)
{
	while (!s->ended) {
		struct epoll_event events[EVENTS_MAX];
		int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, next_window(s));

		if (n < 0 && errno != EINTR)
			return error_errno(ret_error, errno, "wait for events");
		for (int i = 0; i < n; i++) {
			Source source = (Source)events[i].data.u32;

			if (s->fds[source] >= 0) /* one that came before may have closed it */
				handlers[source](s, source);
		}
		if (s->console_pending && s->fds[SOURCE_CONSOLE] >= 0)
			on_console(s, SOURCE_CONSOLE);
	}
	/* What it said last is of interest most of all. */
	s->console_pieces = 0;
	if (s->fds[SOURCE_CONSOLE] >= 0)
		on_console(s, SOURCE_CONSOLE);
	return 0;
}
