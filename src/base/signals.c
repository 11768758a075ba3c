/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals as a descriptor, and by name.
 */
#include "base/signals.h"

#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"

static const struct {
	const char *name;
	int number;
} names[] = {
	{ "HUP", SIGHUP },
	{ "INT", SIGINT },
	{ "QUIT", SIGQUIT },
	{ "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 },
	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },
	{ "CONT", SIGCONT },
	{ "STOP", SIGSTOP },
	{ "WINCH", SIGWINCH },
	{ "PWR", SIGPWR },
};

int signal_from_name(const char *name)
{
	int above, end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	if (sscanf(name, "RTMIN+%d%n", &above, &end) == 1 && !name[end] && above >= 0 &&
		above <= SIGRTMAX - SIGRTMIN)
		return SIGRTMIN + above;
	return -EINVAL;
}

int signals_take(Signals *ret, const int *numbers, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	sigset_t mask, old_mask;

	(void)sigemptyset(&mask); /* these do not fail for valid signals */
	for (; *numbers; numbers++)
		(void)sigaddset(&mask, *numbers);
	fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot watch for signals");
	(void)pthread_sigmask(SIG_BLOCK, &mask, &old_mask); /* a valid set, as below */
	*ret = (Signals){ TAKE_FD(fd), old_mask };
	return 0;
}

int signals_read(const Signals *signals)
{
	struct signalfd_siginfo info;

	return read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo
									       : 0;
}

void signals_give_back(Signals *signals)
{
	if (signals->fd >= 0)
		(void)pthread_sigmask(SIG_SETMASK, &signals->old_mask, NULL);
	signals->fd = fd_close(signals->fd);
}
