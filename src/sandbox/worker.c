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

void worker_note(const Worker *worker, const char *note)
{
	say(worker, (Message){ .kind = WORKER_NOTE }, note);
}

/* I am a fork of who called the library, with the signals that ask to end blocked: my parent answers them, and closes its side. */
_noreturn_ static void child(int socket_fd, WorkerCall call, void *data)
{
	Worker worker = { .socket_fd = socket_fd };
	_cleanup_error_ Error *error = NULL;
	int r = call(&worker, data, &error);

	say(&worker, (Message){ .kind = WORKER_END, .code = MIN(r, 0) },
		r < 0 ? error_message(error) : "");
	_exit(r < 0);
}

/* 1: that was the end. */
static int hear(int socket_fd, vsb_progress progress, void *data, char ***notes, int *ret_code,
	Error **ret_error)
{
	Message message = { 0 };
	ssize_t n = recv(socket_fd, &message, sizeof(message), 0);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < (ssize_t)offsetof(Message, text)) {
		*ret_code = error_set(ret_error, EIO, "the process that does it has died");
		return 1;
	}
	message.text[sizeof(message.text) - 1] = '\0';
	if (message.kind == WORKER_PROGRESS && progress)
		progress(message.text, message.done, message.all, data);
	if (message.kind == WORKER_NOTE && strv_length(*notes) < NOTES_MAX)
		(void)strv_append(notes, message.text); /* without memory one is missing */
	if (message.kind != WORKER_END)
		return 0;
	*ret_code = message.code < 0 ? error_set(ret_error, -message.code, "%s", message.text) : 0;
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
			return error_errno(ret_error, errno, "wait for the process that does it");
		if (fds[1].revents && signals_read(signals) > 0)
			(void)shutdown(socket_fd, SHUT_WR); /* it ends, and says so */
		if (fds[0].revents && hear(socket_fd, progress, data, notes, &code, ret_error) > 0)
			return code;
	}
}

int worker_run(WorkerCall call, void *data, vsb_progress progress, void *progress_data,
	char ***ret_notes, Error **ret_error)
{
	static const int asked[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	_cleanup_strv_ char **notes = NULL;
	Signals signals = SIGNALS_NONE;
	int pair[2], status, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(ret_error, errno, "make a socket");
	r = signals_take(&signals, asked, ret_error);
	pid = r < 0 ? -1 : fork();
	if (pid == 0) {
		(void)close(pair[0]);
		child(pair[1], call, data);
	}
	(void)close(pair[1]);
	if (pid < 0 && r == 0)
		r = error_errno(ret_error, errno, "make a process");
	if (pid > 0) {
		r = listen_to(pair[0], &signals, progress, progress_data, &notes, ret_error);
		(void)close(pair[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	} else {
		(void)close(pair[0]);
	}
	signals_give_back(&signals);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return r;
}
