/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container says, and how much of it is heard at once.
 */
#include "engine/keep/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"

#define NOTIFY_NAME "notify" /* in the container's run directory */
#define PIECE 4096u /* bytes read at once */
#define TURNS 16 /* pieces until others have their turn */
#define WINDOW_MSEC 100
#define WINDOW_PIECES 32u /* of the console: 1.3 MB in a second */
#define WINDOW_NOTIFICATIONS 20u

void listener_init(Listener *listener, Loop *loop, const ListenerCalls *calls, void *data)
{
	listener->loop = loop;
	listener->calls = calls;
	listener->data = data;
	listener->notify_fd = -EBADF;
	listener->log = CONSOLE_LOG_NONE;
	listener->notify_watch = LOOP_WATCH_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(listener->terminals); i++)
		listener->terminals[i] =
			(ListenerTerminal){ .listener = listener, .watch = LOOP_WATCH_NONE };
}

#define LAST_NOTIFICATIONS 16 /* that are read when it has ended */

static bool is_deaf(const Listener *listener)
{
	return listener->notifications >= WINDOW_NOTIFICATIONS;
}

static void begin_window(Listener *listener)
{
	if (deadline_left(listener->window) > 0)
		return;
	if (is_deaf(listener))
		loop_change(listener->loop, &listener->notify_watch, EPOLLIN);
	listener->window = deadline_in_msec(WINDOW_MSEC);
	listener->pieces = listener->notifications = 0;
}

/* Standard output is the log, unless the Spec names a file. It is never waited for: what it does not take is lost there, but still in the ring. */
static void to_log(Listener *listener, const char *text, size_t size)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (listener->log.directory_fd >= 0)
		console_log_write(&listener->log, text, size);
	else if (size > 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!write(STDOUT_FILENO, text, size); /* likewise */
}

/* Is there perhaps more? */
static bool read_pieces(ListenerTerminal *terminal)
{
	Listener *listener = terminal->listener;
	unsigned int number = (unsigned int)(terminal - listener->terminals);
	char data[PIECE], text[PIECE + 1];

	for (int i = 0; i < TURNS && listener->pieces < WINDOW_PIECES; i++) {
		ssize_t n = read(terminal->watch.fd, data, sizeof(data));

		listener->pieces++;
		if (n <= 0) /* EAGAIN: all read; EIO: nobody inside has it open now */
			return false;
		listener->calls->output(listener->data, number, data, (size_t)n);
		if (number == 0)
			to_log(listener, text,
				console_add(&listener->console, data, (size_t)n, text));
	}
	return true;
}

static bool is_pending(const Listener *listener)
{
	for (size_t i = 0; i < ARRAY_SIZE(listener->terminals); i++)
		if (listener->terminals[i].pending)
			return true;
	return false;
}

static void on_timer(void *data);

/* Wakes us for what is held back. */
static void schedule(Listener *listener)
{
	bool pending = is_pending(listener);

	if (pending && listener->pieces < WINDOW_PIECES)
		loop_set_timer(
			listener->loop, &listener->timer, deadline_in(0), on_timer, listener);
	else if (pending || is_deaf(listener))
		loop_set_timer(
			listener->loop, &listener->timer, listener->window, on_timer, listener);
}

static void on_terminal(void *data)
{
	ListenerTerminal *terminal = data;

	begin_window(terminal->listener);
	terminal->pending = read_pieces(terminal); /* the edge is used up: nobody else wakes us */
	schedule(terminal->listener);
}

static void on_notify(void *data)
{
	Listener *listener = data;
	Notification said;

	begin_window(listener);
	if (++listener->notifications == WINDOW_NOTIFICATIONS)
		loop_change(listener->loop, &listener->notify_watch, 0);
	schedule(listener);
	if (notify_receive(listener->notify_watch.fd, listener->pid, &said) > 0)
		listener->calls->said(listener->data, &said);
}

static void on_timer(void *data)
{
	Listener *listener = data;

	begin_window(listener);
	for (size_t i = 0; i < ARRAY_SIZE(listener->terminals); i++)
		if (listener->terminals[i].pending)
			listener->terminals[i].pending = read_pieces(&listener->terminals[i]);
	schedule(listener);
}

int listener_hear_terminal(Listener *listener, unsigned int terminal, int fd, Error **ret_error)
{
	/* Edges: while nobody inside has it open a pty's master is hung up all the time, and may come back. */
	return loop_watch(listener->loop, &listener->terminals[terminal].watch, fd,
		EPOLLIN | EPOLLET, on_terminal, &listener->terminals[terminal], ret_error);
}

/* The host id that root inside is. */
static uid_t owner_of(const Spec *spec)
{
	uint32_t id;

	return spec_id_outside(&spec->users, 0, &id) ? id : 0;
}

/* The socket's file gets the container's label: a model would else refuse the sending. */
int listener_hear_notify(
	Listener *listener, int directory_fd, const Spec *spec, Label *label, Error **ret_error)
{
	_cleanup_fd_ int file_fd = -EBADF;
	int r = notify_listen(
		directory_fd, NOTIFY_NAME, owner_of(spec), &listener->notify_fd, ret_error);

	if (r < 0)
		return r;
	listener->directory_fd = directory_fd;
	file_fd = openat(directory_fd, NOTIFY_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (file_fd < 0)
		return error_errno(ret_error, errno, "cannot open the notify socket");
	r = label_set_fd(label, file_fd, ret_error);
	if (r >= 0)
		r = label_set_socket(label, listener->notify_fd, ret_error);
	if (r < 0)
		return r;
	return loop_watch(listener->loop, &listener->notify_watch, listener->notify_fd, EPOLLIN,
		on_notify, listener, ret_error);
}

void listener_drain(Listener *listener)
{
	listener->pieces = 0;
	if (listener->terminals[0].watch.fd >= 0)
		(void)read_pieces(&listener->terminals[0]); /* so much of it will do */
	/* The first process may have said why it ends, and then it ended before we looked. */
	for (int i = 0; listener->notify_watch.fd >= 0 && i < LAST_NOTIFICATIONS; i++) {
		Notification said;
		int r = notify_receive(listener->notify_watch.fd, listener->pid, &said);

		if (r == -EAGAIN)
			break;
		if (r > 0)
			listener->calls->said(listener->data, &said);
	}
}

void listener_stop(Listener *listener)
{
	for (size_t i = 0; i < ARRAY_SIZE(listener->terminals); i++) {
		loop_unwatch(listener->loop, &listener->terminals[i].watch);
		listener->terminals[i].pending = false;
	}
	loop_unwatch(listener->loop, &listener->notify_watch);
	loop_stop_timer(listener->loop, &listener->timer);
	if (listener->notify_fd >= 0)
		(void)unlinkat(
			listener->directory_fd, NOTIFY_NAME, 0); /* its directory goes, too */
	listener->notify_fd = fd_close(listener->notify_fd);
	listener->notifications = 0;
}

void listener_done(Listener *listener)
{
	listener_stop(listener);
	console_log_close(&listener->log);
}
