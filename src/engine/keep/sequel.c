/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the end of a container's first process is followed by.
 */
#include "engine/keep/sequel.h"

#include <signal.h>
#include <sys/wait.h>

#define QUICK_MSEC 10000 /* a container that ends sooner ... */
#define QUICK_MAX 5u /* ... that often in a row is not started again */

static bool was_signalled(int status, int number)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == number;
}

/* pid_namespaces(7): reboot(2) inside kills PID 1, which its parent sees as SIGHUP for a restart and SIGINT for the others. */
static bool is_followed_by_start(const SpecKeep *keep, int status)
{
	bool good =
		was_signalled(status, SIGINT) || (WIFEXITED(status) && WEXITSTATUS(status) == 0);

	if (was_signalled(status, SIGHUP))
		return keep->on_reboot == SPEC_AFTER_START;
	if ((good ? keep->on_poweroff : keep->on_crash) == SPEC_AFTER_START)
		return true;
	return keep->restart == SPEC_RESTART_ALWAYS ||
	       (keep->restart == SPEC_RESTART_ON_FAILURE && !good);
}

uint32_t sequel_delay(const SpecKeep *keep, int status)
{
	return was_signalled(status, SIGHUP) ? 0 : keep->restart_delay;
}

bool sequel_is_start(Sequel *sequel, const SpecKeep *keep, int status)
{
	int64_t life = sequel->ended_at - sequel->ready_at;

	if (!is_followed_by_start(keep, status))
		return false;
	sequel->quick = life + (int64_t)sequel_delay(keep, status) * 1000 < QUICK_MSEC
				? sequel->quick + 1
				: 0;
	return sequel->quick <= QUICK_MAX;
}
