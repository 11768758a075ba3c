/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The caller's terminal on a container's console, through its supervisor.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/signals.h"
#include "engine/keep/client.h"
#include "engine/keep/state.h"
#include "engine/io/terminal.h"

#define INPUT_SIZE 4096 /* bytes read at once */

typedef struct AttachedConsole {
	int fd;
	Signals signals;
	Terminal terminal;
	bool ended;
	char key; /* that leaves */
	unsigned char packet[CONTROL_PACKET_MAX];
} AttachedConsole;

static void attachment_done(AttachedConsole *a)
{
	if (!a)
		return;
	terminal_restore(&a->terminal);
	signals_give_back(&a->signals);
	(void)fd_close(a->fd);
	free(a);
}
DEFINE_CLEANUP(AttachedConsole *, attachment_done)

static const int attached_signals[] = { SIGWINCH, SIGTSTP, SIGINT, SIGTERM, SIGHUP, 0 };

static void send_size(AttachedConsole *a)
{
	struct winsize size;
	ControlSize message;

	if (a->terminal.fd < 0 || ioctl(a->terminal.fd, TIOCGWINSZ, &size) < 0)
		return;
	message = (ControlSize){ .rows = size.ws_row, .columns = size.ws_col };
	(void)control_send(a->fd, CONTROL_RESIZE, 0, &message, sizeof(message),
		0); /* its end is seen when reading */
}

static void on_signal(AttachedConsole *a)
{
	int number = signals_read(&a->signals);

	if (number == SIGTSTP)
		terminal_suspend(&a->terminal);
	if (number == SIGTSTP || number == SIGWINCH)
		send_size(a);
	else if (number)
		a->ended = true;
}

static void on_input(AttachedConsole *a)
{
	char data[INPUT_SIZE];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));
	const char *key;

	if (n <= 0) {
		a->ended = true;
		return;
	}
	key = a->terminal.raw ? memchr(data, a->key, (size_t)n) : NULL;
	if (key) {
		n = key - data;
		a->ended = true;
	}
	if (n > 0)
		(void)control_send(a->fd, CONTROL_INPUT, 0, data, (size_t)n,
			0); /* its end is seen when reading */
}

static int on_output(AttachedConsole *a, Error **ret_error)
{
	ControlMessage message;
	int r = control_receive(a->fd, CONTROL_SUPERVISOR, a->packet, &message);

	if (r == -ECONNRESET) {
		a->ended = true; /* the container has ended */
		return 0;
	}
	if (r == 0 && message.verb == CONTROL_OUTPUT)
		r = fd_write_all(STDOUT_FILENO, message.data, message.size);
	return r < 0 ? error_errno(ret_error, -r, "cannot show the console") : 0;
}

static int forward(AttachedConsole *a, Error **ret_error)
{
	while (!a->ended) {
		struct pollfd fds[] = {
			{ .fd = a->signals.fd, .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = a->fd, .events = POLLIN },
		};
		int r = 0;

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			if (errno != EINTR)
				return error_errno(ret_error, errno, "cannot wait for the console");
			continue;
		}
		if (fds[0].revents)
			on_signal(a);
		if (fds[1].revents)
			on_input(a);
		if (fds[2].revents)
			r = on_output(a, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int supervisor_console_attach(const char *name, uint32_t terminal, char key, Error **ret_error)
{
	_cleanup_(attachment_donep) AttachedConsole *a = malloc(sizeof(*a));
	Deadline deadline = deadline_in(CLIENT_TIMEOUT);
	int r;

	if (!a)
		return error_oom(ret_error);
	a->fd = -EBADF;
	a->signals = SIGNALS_NONE;
	a->ended = false;
	a->key = key ? key : TERMINAL_DETACH_KEY;
	terminal_init(&a->terminal);
	r = client_connect(name, deadline, &a->fd, ret_error);
	if (r == 0)
		r = client_ask(name, a->fd, CONTROL_ATTACH, &terminal,
			terminal > 0 ? sizeof(terminal) : 0, deadline, NULL, ret_error);
	if (r == 0)
		r = signals_take(&a->signals, attached_signals, ret_error);
	if (r < 0)
		return r;
	send_size(a);
	r = terminal_make_raw(&a->terminal);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot set the terminal to raw mode");
	return forward(a, ret_error);
}
