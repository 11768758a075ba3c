/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the caller's descriptors and a process in a container: three streams over pipes or two over a pty, the signals
 * that reach us, and the end of the process.
 */
#include "engine/io/relay.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/signals.h"
#include "engine/io/stream.h"
#include "engine/io/terminal.h"

enum { INPUT, OUTPUT, ERRORS, N_STREAMS }; /* as descriptors 0, 1, 2 */

struct Relay {
	int child_fds[N_STREAMS]; /* pipes: the process's ends until it has them */
	int master_fd; /* the pty, or -EBADF */
	Terminal terminal;
	unsigned int silence; /* seconds that the process may say nothing; 0: for ever */
	Stream streams[N_STREAMS];
};

/* What is borrowed from the process while the relay runs. */
typedef struct RelayRun {
	Relay *relay;
	int pidfd;
	Signals signals;
	struct sigaction old_pipe;
	bool exited, detach, detached;
	Deadline silence; /* with relay->silence */
} RelayRun;

bool relay_wants_terminal(void)
{
	return isatty(0) && isatty(1);
}

Relay *relay_free(Relay *relay)
{
	if (!relay)
		return NULL;
	terminal_restore(&relay->terminal);
	for (int i = 0; i < N_STREAMS; i++) {
		(void)fd_close(relay->child_fds[i]);
		stream_done(&relay->streams[i]);
	}
	(void)fd_close(relay->master_fd);
	free(relay);
	return NULL;
}

static Relay *relay_new(void)
{
	Relay *relay = malloc(sizeof(*relay)); /* not calloc: the buffers need no zeros */

	if (!relay)
		return NULL;
	relay->master_fd = -EBADF;
	for (int i = 0; i < N_STREAMS; i++) {
		relay->child_fds[i] = -EBADF;
		stream_init(&relay->streams[i], -EBADF, -EBADF, 0);
		stream_end(&relay->streams[i]);
	}
	terminal_init(&relay->terminal);
	return relay;
}

/* Moves a descriptor above 2: when the caller runs without some of 0, 1, 2 a pipe of ours would be taken for one of them. */
static int fd_above_stdio(int *fd)
{
	int moved;

	if (*fd > 2)
		return 0;
	moved = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
	if (moved < 0)
		return -errno;
	(void)fd_close(*fd);
	*fd = moved;
	return 0;
}

static int new_pipe(const Label *label, int *ret_read, int *ret_write, Error **ret_error)
{
	_cleanup_fd_ int from = -EBADF, to = -EBADF;
	int fds[2], r;

	r = label_pipe(label, fds, ret_error);
	if (r < 0)
		return r;
	from = fds[0];
	to = fds[1];
	r = fd_above_stdio(&from);
	if (r == 0)
		r = fd_above_stdio(&to);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot create a pipe");
	*ret_read = TAKE_FD(from);
	*ret_write = TAKE_FD(to);
	return 0;
}

int relay_new_pipes(
	const Label *label, const int *stdio, Relay **ret, int ret_child[3], Error **ret_error)
{
	_cleanup_relay_ Relay *relay = relay_new();

	if (!relay)
		return error_oom(ret_error);
	for (int i = 0; i < N_STREAMS; i++) {
		_cleanup_fd_ int ours = -EBADF;
		int r;

		r = i == INPUT ? new_pipe(label, &relay->child_fds[i], &ours, ret_error)
			       : new_pipe(label, &ours, &relay->child_fds[i], ret_error);
		if (r < 0)
			return r;
		if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0)
			return error_errno(ret_error, errno, "cannot create a pipe");
		if (i == INPUT)
			stream_init(&relay->streams[i], stdio ? stdio[i] : i, TAKE_FD(ours),
				STREAM_OWN_TO | STREAM_WATCH_TO);
		else
			stream_init(&relay->streams[i], TAKE_FD(ours), stdio ? stdio[i] : i,
				STREAM_OWN_FROM | STREAM_WATCH_TO);
	}
	for (int i = 0; i < N_STREAMS; i++)
		ret_child[i] = relay->child_fds[i];
	*ret = TAKE_PTR(relay);
	return 0;
}

int relay_new_terminal(int master_fd, Relay **ret, Error **ret_error)
{
	_cleanup_fd_ int owned = master_fd;
	_cleanup_relay_ Relay *relay = relay_new();

	if (!relay)
		return error_oom(ret_error);
	if (fcntl(owned, F_SETFL, O_NONBLOCK) < 0)
		return error_errno(ret_error, errno, "cannot set up the terminal's master");
	relay->master_fd = TAKE_FD(owned);
	stream_init(&relay->streams[INPUT], 0, relay->master_fd, 0);
	stream_init(&relay->streams[OUTPUT], relay->master_fd, 1, STREAM_WATCH_TO | STREAM_DISCARD);
	*ret = TAKE_PTR(relay);
	return 0;
}

void relay_sanitize(Relay *relay)
{
	for (int i = OUTPUT; i < N_STREAMS; i++)
		if (isatty(relay->streams[i].to))
			relay->streams[i].flags |= STREAM_HARMLESS;
}

void relay_limit_silence(Relay *relay, unsigned int seconds)
{
	relay->silence = seconds;
}

void relay_child_started(Relay *relay)
{
	for (int i = 0; i < N_STREAMS; i++)
		relay->child_fds[i] = fd_close(relay->child_fds[i]);
}

static void run_done(RelayRun *run)
{
	terminal_restore(&run->relay->terminal);
	if (run->signals.fd >= 0)
		(void)sigaction(SIGPIPE, &run->old_pipe, NULL); /* what was set before is valid */
	signals_give_back(&run->signals);
}

static int run_init(RelayRun *run, Error **ret_error)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	/* Those of a terminal are for us, the others are passed on. */
	const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2,
		run->relay->master_fd >= 0 ? SIGWINCH : 0, SIGTSTP, 0 };
	int r = signals_take(&run->signals, numbers, ret_error);

	if (r < 0)
		return r;
	/* A reader of our output that goes away is told to the process, it must not kill us. */
	(void)sigaction(SIGPIPE, &ignore, &run->old_pipe);

	if (run->relay->master_fd < 0)
		return 0;
	terminal_copy_size(&run->relay->terminal, run->relay->master_fd);
	r = terminal_make_raw(&run->relay->terminal);
	return r < 0 ? error_errno(ret_error, -r, "cannot set the terminal to raw mode") : 0;
}

static void on_signal(RelayRun *run)
{
	int number = signals_read(&run->signals);

	switch (number) {
	case 0:
		break;
	case SIGWINCH:
		terminal_copy_size(&run->relay->terminal, run->relay->master_fd);
		break;
	case SIGTSTP:
		terminal_suspend(&run->relay->terminal);
		terminal_copy_size(&run->relay->terminal, run->relay->master_fd);
		break;
	default:
		/* After the end a signal means us, who wait for a slow reader. ESRCH: it ended just now, which poll tells next. */
		if (run->exited)
			for (int i = OUTPUT; i < N_STREAMS; i++)
				stream_abandon(&run->relay->streams[i]);
		else
			(void)syscall(SYS_pidfd_send_signal, run->pidfd, number, NULL, 0);
	}
}

static void on_exit_of_process(RelayRun *run)
{
	run->exited = true;
	stream_abandon(&run->relay->streams[INPUT]);
	for (int i = OUTPUT; i < N_STREAMS; i++)
		stream_set_last(&run->relay->streams[i]);
}

static void on_input(RelayRun *run)
{
	Stream *input = &run->relay->streams[INPUT];
	char *key;

	/* Only what a person types can detach; a file may hold any byte. */
	if (!run->detach || !isatty(input->from))
		return;
	key = memchr(input->data, TERMINAL_DETACH_KEY, input->end);
	if (!key)
		return;
	input->end = (size_t)(key - input->data);
	stream_flush(input, &(struct pollfd){ .fd = input->to, .revents = POLLOUT });
	run->detached = true;
}

/* A pty cannot be half closed: the end of the caller's input is typed as the end-of-file character. Twice, because the first only ends a
 * line that was begun. */
static void type_end_of_file(Relay *relay)
{
	struct termios mode;
	Stream *input = &relay->streams[INPUT];

	if (!input->broken && tcgetattr(relay->master_fd, &mode) == 0 && (mode.c_lflag & ICANON)) {
		const char keys[] = { (char)mode.c_cc[VEOF], (char)mode.c_cc[VEOF] };

		stream_put(input, keys, sizeof(keys));
	}
}

/* What waits for our own reader is not the process's silence. */
static bool is_limited(const RelayRun *run)
{
	const Stream *streams = run->relay->streams;

	return run->relay->silence && !run->exited &&
	       streams[OUTPUT].start == streams[OUTPUT].end &&
	       streams[ERRORS].start == streams[ERRORS].end;
}

static int relay_poll(RelayRun *run, Error **ret_error)
{
	bool limited = is_limited(run);
	Stream *streams = run->relay->streams;
	struct pollfd fds[2 + 2 * N_STREAMS] = {
		{ .fd = run->signals.fd, .events = POLLIN },
		{ .fd = run->exited ? -1 : run->pidfd, .events = POLLIN },
	};

	int n;

	for (int i = 0; i < N_STREAMS; i++)
		stream_prepare(&streams[i], &fds[2 + 2 * i], &fds[3 + 2 * i]);
	n = poll(fds, ARRAY_SIZE(fds), limited ? deadline_left(run->silence) : -1);
	if (n < 0)
		return errno == EINTR
			       ? 0
			       : error_errno(ret_error, errno, "cannot wait for the process");
	if (n == 0)
		return error_set(ret_error, ETIMEDOUT, "nothing was said for %u seconds",
			run->relay->silence);

	for (int i = 0; i < N_STREAMS; i++) {
		bool ended = streams[i].ended, filled;

		stream_flush(&streams[i], &fds[3 + 2 * i]);
		filled = stream_fill(&streams[i], &fds[2 + 2 * i]);
		if (filled && i == INPUT)
			on_input(run);
		if (!limited || (filled && i != INPUT))
			run->silence = deadline_in(run->relay->silence);
		if (i == INPUT && run->relay->master_fd >= 0 && !ended && streams[i].ended)
			type_end_of_file(run->relay);
	}
	if (fds[0].revents)
		on_signal(run);
	if (fds[1].revents)
		on_exit_of_process(run);
	return 0;
}

/* The first failure to write what the process said; its reader's leaving is none. */
static int write_failure(const Relay *relay, Error **ret_error)
{
	for (int i = OUTPUT; i < N_STREAMS; i++)
		if (relay->streams[i].errnum != 0)
			return error_errno(ret_error, relay->streams[i].errnum,
				"cannot write to standard %s", i == OUTPUT ? "output" : "error");
	return 0;
}

int relay_run(Relay *relay, int pidfd, bool detach, RelayResult *ret, Error **ret_error)
{
	_cleanup_(run_done) RelayRun run = {
		.relay = relay, .pidfd = pidfd, .signals = SIGNALS_NONE, .detach = detach
	};
	Stream *streams = relay->streams;
	int r = run_init(&run, ret_error);

	if (r < 0)
		return r;
	run.silence = deadline_in(relay->silence);
	while (!run.detached) {
		if (run.exited) {
			stream_drain(&streams[OUTPUT]);
			stream_drain(&streams[ERRORS]);
			if (stream_finished(&streams[OUTPUT]) && stream_finished(&streams[ERRORS]))
				break;
		}
		r = relay_poll(&run, ret_error);
		if (r < 0)
			return r;
	}
	r = write_failure(relay, ret_error);
	if (r < 0)
		return r;
	*ret = run.detached ? RELAY_DETACHED : RELAY_EXITED;
	return 0;
}
