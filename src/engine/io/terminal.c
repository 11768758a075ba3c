/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The caller's terminal.
 */
#include "engine/io/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/macro.h"

void terminal_init(Terminal *terminal)
{
	*terminal = (Terminal){ .fd = -EBADF };
	for (int fd = 0; fd <= 2 && terminal->fd < 0; fd++)
		if (isatty(fd))
			terminal->fd = fd;
}

int terminal_make_raw(Terminal *terminal)
{
	struct termios raw;

	if (terminal->fd < 0 || terminal->raw)
		return 0;
	if (tcgetattr(terminal->fd, &terminal->saved) < 0)
		return -errno;
	raw = terminal->saved;
	cfmakeraw(&raw);
	/* TCSANOW: never waits for a terminal that is not being read. */
	if (tcsetattr(terminal->fd, TCSANOW, &raw) < 0)
		return -errno;
	terminal->raw = true;
	return 0;
}

void terminal_restore(Terminal *terminal)
{
	if (!terminal->raw)
		return;
	(void)tcsetattr(terminal->fd, TCSANOW,
		&terminal->saved); /* fails when the terminal is gone: nothing to restore */
	terminal->raw = false;
}

void terminal_copy_size(const Terminal *terminal, int master_fd)
{
	struct winsize size;

	/* Either fails only when its terminal is gone, which the relay sees by itself. */
	if (terminal->fd >= 0 && ioctl(terminal->fd, TIOCGWINSZ, &size) == 0)
		(void)ioctl(master_fd, TIOCSWINSZ, &size);
}

void terminal_suspend(Terminal *terminal)
{
	bool raw = terminal->raw;

	terminal_restore(terminal);
	(void)raise(SIGSTOP); /* cannot fail for a valid signal */
	if (raw)
		(void)terminal_make_raw(terminal); /* fails when the terminal is gone */
}
