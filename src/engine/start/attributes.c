/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process inherits without asking.
 */
#include "engine/start/attributes.h"

#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/start/scheduling.h"

#define KERNEL_SIGSET_SIZE (_NSIG / 8) /* bytes; not the C library's, which is larger */

/* By system call: the C library refuses to touch the two signals that it keeps for itself (32 and 33), but what started us may have had
 * another library, and what is ignored stays so over exec. */
static int reset_signals(Error **ret_error)
{
	/* The kernel's struct sigaction has at most these four words, in an order of each architecture's own; all of them zero is SIG_DFL. */
	static const unsigned long default_action[4];
	sigset_t none;

	for (int number = 1; number < NSIG; number++) {
		if (number == SIGKILL || number == SIGSTOP)
			continue;
		if (syscall(SYS_rt_sigaction, number, default_action, NULL, KERNEL_SIGSET_SIZE) < 0)
			return error_errno(ret_error, errno, "cannot reset signal %d", number);
	}
	(void)sigemptyset(&none); /* cannot fail */
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return error_errno(ret_error, errno, "cannot reset the signal mask");
	return 0;
}

/* How the processor is given out: what the caller was restricted or raised to is its own affair. */
static int reset_scheduling(const SpecScheduling *given, Error **ret_error)
{
	const struct sched_param normal = { .sched_priority = 0 };
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all)); /* the kernel keeps of it what the cgroup may use */
	if (!given->affinity && sched_setaffinity(0, sizeof(all), &all) < 0)
		return error_errno(ret_error, errno, "cannot reset the processor affinity");
	if (!given->policy && sched_setscheduler(0, SCHED_OTHER, &normal) < 0)
		return error_errno(ret_error, errno, "cannot reset the scheduling policy");
	if (!given->io_class && syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0) < 0 &&
		errno != ENOSYS)
		return error_errno(ret_error, errno, "cannot reset the I/O priority");
	/* EACCES: ours is above 0 and we may not lower it; that harms nobody. */
	if (!given->policy && !given->nice && setpriority(PRIO_PROCESS, 0, 0) < 0 &&
		errno != EACCES)
		return error_errno(ret_error, errno, "cannot reset the nice value");
	return scheduling_apply_self(given, ret_error);
}

static int set_personality(const char *name, Error **ret_error)
{
	unsigned long persona = name && strcmp(name, "linux32") == 0 ? PER_LINUX32 : PER_LINUX;

	return personality(persona) < 0
		       ? error_errno(ret_error, errno, "cannot set the personality")
		       : 0;
}

int attributes_reset(const SpecScheduling *given, Error **ret_error)
{
	static const SpecScheduling nothing;
	int r;

	given = given ? given : &nothing;
	r = reset_scheduling(given, ret_error);
	if (r == 0)
		r = set_personality(given->personality, ret_error);
	if (r < 0)
		return r;
	(void)umask(0022); /* always succeeds */
	if (prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot reset the timer slack");
	/* Ours might hold keys of the caller. A kernel without keyrings has none to hide. */
	if (!given->keep_keyring && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
		errno != ENOSYS)
		return error_errno(ret_error, errno, "cannot join a new session keyring");
	return reset_signals(ret_error);
}
