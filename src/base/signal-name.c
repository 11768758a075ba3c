/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals by name.
 */
#include "base/signal-name.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

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
