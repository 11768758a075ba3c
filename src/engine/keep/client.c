/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands' side of the control socket.
 */
#include "engine/keep/client.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "engine/keep/lock.h"
#include "engine/keep/saved-spec.h"
#include "engine/keep/stale-run.h"
#include "base/log.h"
#include "base/strv.h"
#include "base/procstat.h"
#include "engine/keep/state.h"

#define UNDO_TIMEOUT                                                                               \
	120 /* seconds for a supervisor whose container is dead, until all is undone: its own steps have limits that are shorter */
#define CHANGE_TIMEOUT 90 /* seconds: more than its links, or its first process, are given */
#define RELOAD_TIMEOUT 60 /* seconds: the supervisor gives the container thirty */
#define KILL_MSEC                                                                                  \
	1000 /* from the moment at which it must be killed until we do it ourselves; for `stop -t 0` all in all less than two seconds */
#define KILLED_MSEC 500 /* for what we have killed to end */
#define STOP_MAX (INT_MAX / 1000) /* seconds */

static int not_running(const char *name, Error **ret_error)
{
	return error_set(ret_error, ENOTCONN, "container %s does not run", name);
}

static int no_answer(const char *name, Error **ret_error)
{
	return error_set(ret_error, ETIMEDOUT,
		"container %s: its supervisor does not answer; `virt-sandbox-service stop -t 0 %s` ends the container without it",
		name, name);
}

int client_connect(const char *name, Deadline deadline, int *ret_fd, Error **ret_error)
{
	int left = deadline_left(deadline);
	const struct timeval limit = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 + 1 };
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", name);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = -EBADF, directory = -EBADF;

	if (!path)
		return error_oom(ret_error);
	directory = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? not_running(name, ret_error)
				       : error_errno(ret_error, errno, "cannot open %s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	/* For a queue of those who want to talk to it that is full, and later for what it does not read. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return error_errno(ret_error, errno, "cannot create a socket");
	/* Through the directory's descriptor: sun_path is too short for some paths. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" CONTROL_NAME,
		directory);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ENOENT ||
			errno ==
				ECONNREFUSED) /* one that was killed leaves a socket without listener */
			return not_running(name, ret_error);
		if (errno == EAGAIN)
			return no_answer(name, ret_error);
		return error_errno(ret_error, errno, "container %s: talk to its supervisor", name);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int client_ask(const char *name, int fd, ControlVerb verb, const void *data, size_t size,
	Deadline deadline, char **ret, Error **ret_error)
{
	_cleanup_free_ void *packet = malloc(CONTROL_PACKET_MAX);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ControlMessage message;
	int r;

	if (!packet)
		return error_oom(ret_error);
	log_step("ask", "%s of the supervisor of %s", control_verb_name(verb), name);
	r = control_send(fd, verb, 0, data, size, 0);
	if (r == 0)
		r = deadline_poll(&p, 1, deadline);
	if (r == -ETIMEDOUT || r == -EAGAIN)
		return no_answer(name, ret_error);
	if (r >= 0)
		r = control_receive(fd, CONTROL_SUPERVISOR, packet, &message);
	if (r == 0 && message.verb != CONTROL_REPLY)
		r = -EPROTO;
	if (r < 0)
		return error_errno(ret_error, -r,
			"container %s: cannot query its supervisor for %s", name,
			control_verb_name(verb));
	if (message.errnum != 0)
		return error_set(ret_error, message.errnum, "%.*s", (int)message.size,
			(const char *)message.data);
	if (!ret)
		return 0;
	*ret = strndup(message.data, message.size);
	return *ret ? 0 : error_oom(ret_error);
}

static int ask(const char *name, ControlVerb verb, const void *data, size_t size,
	unsigned int seconds, char **ret, Error **ret_error)
{
	Deadline deadline = deadline_in(seconds);
	_cleanup_fd_ int fd = -EBADF;
	int r = client_connect(name, deadline, &fd, ret_error);

	return r < 0 ? r : client_ask(name, fd, verb, data, size, deadline, ret, ret_error);
}

static bool has_ended(int pidfd, Deadline deadline)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return pidfd < 0 || deadline_poll(&p, 1, deadline) > 0;
}

/* Without the supervisor, which may be waiting for the very container, or be stopped: what it leaves undone, supervisor_cleanup() does. */
static int stop_by_force(
	const char *name, const RunState *state, int supervisor_fd, Error **ret_error)
{
	stale_run_kill(state);
	if (has_ended(supervisor_fd, lock_is_ending(name) ? deadline_in(LOCK_END_TIMEOUT)
							  : deadline_in_msec(KILLED_MSEC)))
		return 0;
	if (syscall(SYS_pidfd_send_signal, supervisor_fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return error_errno(ret_error, errno, "container %s: kill its supervisor", name);
	if (!has_ended(supervisor_fd, deadline_in(CLIENT_TIMEOUT)))
		return error_set(ret_error, ETIMEDOUT,
			"container %s: its supervisor, process %d, was killed, but has not ended; it waits for the kernel",
			name, (int)state->supervisor);
	return 0;
}

/* Its exit, not its answer: only then is all undone. */
static int await_exit(const char *name, const RunState *state, int supervisor_fd, Deadline killed,
	Error **ret_error)
{
	_cleanup_fd_ int pidfd = procstat_open(state->pid, state->starttime);

	if (has_ended(supervisor_fd, killed))
		return 0;
	if (!has_ended(pidfd, deadline_in(0)))
		return stop_by_force(name, state, supervisor_fd, ret_error);
	if (has_ended(supervisor_fd, deadline_in(UNDO_TIMEOUT)))
		return 0;
	return stop_by_force(name, state, supervisor_fd, ret_error);
}

int supervisor_stop(const char *name, unsigned int timeout, Error **ret_error)
{
	const uint32_t seconds = timeout < STOP_MAX ? timeout : STOP_MAX;
	Deadline killed = deadline_in_msec((int64_t)seconds * 1000 + KILL_MSEC);
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_error_ Error *error = NULL;
	_cleanup_fd_ int fd = -EBADF, pidfd = -EBADF;
	int r = run_state_load(name, &state, ret_error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return not_running(name, ret_error);
	pidfd = procstat_open(state.supervisor, state.supervisor_starttime);
	if (pidfd == -ESRCH)
		return not_running(name, ret_error);
	if (pidfd < 0)
		return error_errno(
			ret_error, -pidfd, "container %s: cannot find its supervisor", name);
	/* One whose container has ended hears nobody while it puts away. */
	r = lock_is_ending(name) ? -ETIMEDOUT : client_connect(name, killed, &fd, &error);
	if (r == 0)
		r = client_ask(
			name, fd, CONTROL_STOP, &seconds, sizeof(seconds), killed, NULL, &error);
	if (r == -ETIMEDOUT)
		return stop_by_force(name, &state, pidfd, ret_error);
	/* It may have ended by itself meanwhile, or be about to listen. */
	if (r < 0 && !has_ended(pidfd, deadline_in_msec(KILLED_MSEC))) {
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	return await_exit(name, &state, pidfd, killed, ret_error);
}

int supervisor_set_resources(const char *name, const SpecResources *resources, Error **ret_error)
{
	const ControlResources wanted = {
		.memory = resources->memory,
		.cpu_milli = resources->cpu_milli,
		.pids = resources->pids,
		.io_weight = resources->io_weight,
	};

	return ask(
		name, CONTROL_RESOURCES, &wanted, sizeof(wanted), CLIENT_TIMEOUT, NULL, ret_error);
}

static int ask_list(const char *name, ControlVerb verb, char *const *list, Error **ret_error)
{
	_cleanup_free_ char *text = strv_join(list, "\n");

	return text ? ask(name, verb, text, strlen(text), CLIENT_TIMEOUT, NULL, ret_error)
		    : error_oom(ret_error);
}

int supervisor_publish(const char *name, char *const *list, Error **ret_error)
{
	return ask_list(name, CONTROL_PUBLISH, list, ret_error);
}

int supervisor_resolver(const char *name, char *const *lines, Error **ret_error)
{
	return ask_list(name, CONTROL_RESOLVER, lines, ret_error);
}

int supervisor_change(const char *name, const Spec *spec, Error **ret_error)
{
	int r = saved_spec_leave(name, spec, ret_error);

	return r < 0 ? r : ask(name, CONTROL_CHANGE, NULL, 0, CHANGE_TIMEOUT, NULL, ret_error);
}

int supervisor_hold(const char *name, char **ret, Error **ret_error)
{
	return ask(name, CONTROL_HOLD, NULL, 0, CHANGE_TIMEOUT, ret, ret_error);
}

int supervisor_release(const char *name, Error **ret_error)
{
	return ask(name, CONTROL_RELEASE, NULL, 0, CHANGE_TIMEOUT, NULL, ret_error);
}

int supervisor_reach(const char *name, char *const *allowed, char *const *egress, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL;
	int r = 0;

	STRV_FOREACH (rule, allowed)
		r = r < 0 ? r : strv_appendf(&lines, REACH_ALLOW_WORD "%s", *rule);
	STRV_FOREACH (rule, egress)
		r = r < 0 ? r : strv_appendf(&lines, REACH_EGRESS_WORD "%s", *rule);
	return r < 0 ? error_oom(ret_error) : ask_list(name, CONTROL_REACH, lines, ret_error);
}

int supervisor_reload(const char *name, Error **ret_error)
{
	return ask(name, CONTROL_RELOAD, NULL, 0, RELOAD_TIMEOUT, NULL, ret_error);
}

int supervisor_console_tail(const char *name, char **ret, Error **ret_error)
{
	return ask(name, CONTROL_TAIL, NULL, 0, CLIENT_TIMEOUT, ret, ret_error);
}
