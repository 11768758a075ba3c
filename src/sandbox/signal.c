/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals to what runs in a container: to its first process, or to each that its cgroup names.
 */
#include "sandbox/signal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/signals.h"
#include "engine/keep/processes.h"
#include "sandbox/handle.h"

#define BATCH 128 /* processes that are held at once, each by a descriptor */

int signal_send_first(const RunState *state, int number, Error **ret_error)
{
	_cleanup_fd_ int pidfd = -EBADF;
	int r = run_state_pidfd(state, &pidfd, ret_error);

	if (r < 0)
		return r;
	return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) < 0
		       ? error_errno(ret_error, errno, "cannot send signal %d", number)
		       : 0;
}

static bool is_listed(const Processes *processes, pid_t pid)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->pids[i] == pid)
			return true;
	return false;
}

/* Held first and then looked for once more: a pid that the host has given to another process meanwhile is not in the second list, or is none that we hold. */
static int send_batch(const RunState *state, const pid_t *pids, size_t n, int number)
{
	_cleanup_processes_ Processes still = { 0 };
	int pidfds[BATCH], r;

	for (size_t i = 0; i < n; i++)
		pidfds[i] = (int)syscall(SYS_pidfd_open, pids[i], 0); /* -1: it has ended */
	r = processes_list(state, &still);
	for (size_t i = 0; i < n; i++) {
		if (r == 0 && pidfds[i] >= 0 && is_listed(&still, pids[i]))
			(void)syscall(SYS_pidfd_send_signal, pidfds[i], number, NULL,
				0); /* by root, so it has ended */
		(void)fd_close(pidfds[i]);
	}
	return r;
}

static int send_all(const char *name, const RunState *state, int number, Error **ret_error)
{
	_cleanup_processes_ Processes processes = { 0 };
	int r = 0;

	if (!state->cgroup)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot send a signal to all processes of container %s: it has no cgroup "
			"on this host; leave --all away",
			name);
	if (processes_list(state, &processes) < 0)
		return error_oom(ret_error);
	if (processes.count >= PROCESSES_MAX)
		return error_set(ret_error, E2BIG,
			"cannot send a signal to all processes of container %s: there are %d or "
			"more; use `virt-sandbox-service stop %s`",
			name, PROCESSES_MAX, name);
	/* The first is the first, and checked by its start time. */
	for (size_t i = 1; r == 0 && i < processes.count; i += BATCH) {
		size_t left = processes.count - i;

		r = send_batch(state, processes.pids + i, left < BATCH ? left : BATCH, number);
	}
	return r < 0 ? error_oom(ret_error) : signal_send_first(state, number, ret_error);
}

/* "TERM", "SIGTERM", "15", "RTMIN+3"; -EINVAL. */
static int parse(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text >= '0' && *text <= '9')
		return !*end && number > 0 && number <= SIGRTMAX ? (int)number : -EINVAL;
	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcmp(known, text) == 0)
			return i;
	}
	return signal_from_name(text);
}

PUBLIC int vsb_kill(const char *name, const char *signal, bool all, vsb_error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	int number = parse(signal), r;

	if (number < 0)
		return error_set(error, EINVAL,
			"cannot send signal \"%s\": there is none of this name; give one as TERM, "
			"HUP, RTMIN+3 or 15",
			signal);
	r = sandbox_begin_running(name, &container, &state, error);
	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED || state.pid <= 0)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	r = all ? send_all(name, &state, number, error) : signal_send_first(&state, number, error);
	return r == -EOPNOTSUPP || r == -E2BIG || r == 0 ? r
							 : error_wrap(error, "container %s", name);
}
