/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deadlines and the waits that keep them.
 */
#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

#define PAUSE_MSEC 10 /* between two looks at what has no event */

int64_t clock_now_msec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

Deadline deadline_in_msec(int64_t msec)
{
	return (Deadline){ clock_now_msec() + msec };
}

Deadline deadline_in(unsigned int seconds)
{
	return deadline_in_msec((int64_t)seconds * 1000);
}

int deadline_left(Deadline deadline)
{
	int64_t left = deadline.at - clock_now_msec();

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

Deadline deadline_first(Deadline a, Deadline b)
{
	return a.at < b.at ? a : b;
}

int deadline_poll(struct pollfd *fds, nfds_t n, Deadline deadline)
{
	for (;;) {
		int left = deadline_left(deadline);
		int ready = poll(fds, n, left);

		if (ready > 0)
			return ready;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (left == 0)
			return -ETIMEDOUT;
	}
}

int deadline_pause(Deadline deadline)
{
	int left = deadline_left(deadline);

	if (left == 0)
		return -ETIMEDOUT;
	(void)poll(
		NULL, 0, left < PAUSE_MSEC ? left : PAUSE_MSEC); /* a signal ends it early: fine */
	return 0;
}

int deadline_reap(int pidfd, Deadline deadline, siginfo_t *ret)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	int r = deadline_poll(&end, 1, deadline);

	while (r >= 0) {
		siginfo_t info = { 0 };

		if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (info.si_pid != 0) {
			*ret = info;
			return 0;
		}
		r = deadline_pause(deadline); /* there is no event for a tracer's letting go */
	}
	return r;
}
