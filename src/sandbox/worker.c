/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A child that does the work, and what it says to its parent.
 */
#include "sandbox/worker.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/signals.h"
#include "base/strv.h"

#define TELL_EVERY 200 /* milliseconds */
#define NOTES_MAX 4096

typedef enum Kind { WORKER_PROGRESS, WORKER_NOTE, WORKER_END } Kind;

typedef struct Message {
	Kind kind;
	int code; /* of the end: 0 or a negative errno */
	uint64_t done, all;
	char text[4096]; /* a longer sentence is cut */
} Message;

struct Worker {
	int socket_fd;
	Deadline silent; /* says no progress until then */
};

bool worker_goes_on(const Worker *worker)
{
	char byte;
	ssize_t n = recv(worker->socket_fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_PEEK);

	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Who does not hear it has gone, which worker_goes_on() sees. */
static void say(const Worker *worker, Message message, const char *text)
{
	(void)snprintf(message.text, sizeof(message.text), "%s", text ? text : "out of memory");
	(void)send(worker->socket_fd, &message, offsetof(Message, text) + strlen(message.text) + 1,
		MSG_NOSIGNAL);
}

void worker_progress(Worker *worker, const char *what, uint64_t done, uint64_t all)
{
	if (deadline_left(worker->silent) > 0)
		return;
	worker->silent = deadline_in_msec(TELL_EVERY);
	say(worker, (Message){ .kind = WORKER_PROGRESS, .done = done, .all = all }, what);
}

void worker_step(Worker *worker, const char *what)
{
	worker->silent = deadline_in_msec(TELL_EVERY);
	say(worker, (Message){ .kind = WORKER_PROGRESS }, what);
}

void worker_note(const Worker *worker, const char *note)
{
	say(worker, (Message){ .kind = WORKER_NOTE }, note);
}

int worker_fd(const Worker *worker)
{
	return worker->socket_fd;
}

void worker_end(const Worker *worker, int code, const char *sentence)
{
	say(worker, (Message){ .kind = WORKER_END, .code = code }, sentence);
}

/* I am a fork of who called the library, and my parent closes its side. */
_noreturn_ static void child(int socket_fd, WorkerCall call, void *data)
{
	Worker worker = { .socket_fd = socket_fd };
	_cleanup_error_ Error *error = NULL;
	int r = call(&worker, data, &error);

	worker_end(&worker, MIN(r, 0), r < 0 ? error_message(error) : "");
	_exit(r < 0);
}

int worker_hear(
	int fd, vsb_progress progress, void *data, char ***notes, int *ret_code, Error **ret_error)
{
	Message message = { 0 };
	ssize_t n = recv(fd, &message, sizeof(message), 0);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < (ssize_t)offsetof(Message, text)) {
		*ret_code = error_set(ret_error, EIO, "the worker process died");
		return 1;
	}
	message.text[sizeof(message.text) - 1] = '\0';
	if (message.kind == WORKER_PROGRESS && progress)
		progress(message.text, message.done, message.all, data);
	if (message.kind == WORKER_NOTE && strv_length(*notes) < NOTES_MAX)
		(void)strv_append(notes, message.text); /* without memory one is missing */
	if (message.kind != WORKER_END)
		return 0;
	*ret_code = message.code < 0 ? error_set(ret_error, -message.code, "%s", message.text)
				     : message.code;
	return 1;
}

static int listen_to(int socket_fd, const Signals *signals, vsb_progress progress, void *data,
	char ***notes, Error **ret_error)
{
	struct pollfd fds[] = { { .fd = socket_fd, .events = POLLIN },
		{ .fd = signals->fd, .events = POLLIN } };
	int code = 0;

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return error_errno(ret_error, errno, "cannot wait for the worker process");
		if (fds[1].revents && signals_read(signals) > 0)
			(void)shutdown(socket_fd, SHUT_WR); /* it ends, and says so */
		if (fds[0].revents &&
			worker_hear(socket_fd, progress, data, notes, &code, ret_error) > 0)
			return code;
	}
}

int worker_begin(WorkerCall call, void *data, pid_t *ret_pid, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int ours = -EBADF, theirs = -EBADF;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(ret_error, errno, "cannot create a socket");
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return error_errno(ret_error, errno, "cannot create a process");
	if (pid == 0) {
		(void)fd_close(TAKE_FD(ours));
		child(theirs, call, data);
	}
	*ret_pid = pid;
	*ret_fd = TAKE_FD(ours);
	return 0;
}

/* The signals that ask to end are blocked in the child, too: they are answered here. */
int worker_run(WorkerCall call, void *data, vsb_progress progress, void *progress_data,
	char ***ret_notes, Error **ret_error)
{
	static const int asked[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	_cleanup_(signals_give_back) Signals signals = SIGNALS_NONE;
	_cleanup_strv_ char **notes = NULL;
	_cleanup_fd_ int fd = -EBADF;
	pid_t pid;
	int r;

	r = signals_take(&signals, asked, ret_error);
	if (r == 0)
		r = worker_begin(call, data, &pid, &fd, ret_error);
	if (r < 0)
		return r;
	r = listen_to(fd, &signals, progress, progress_data, &notes, ret_error);
	fd = fd_close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return r;
}
