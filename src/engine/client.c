/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands' side of the control socket.
 */
#include "engine/client.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "engine/procstat.h"
#include "engine/state.h"

#define STOP_MARGIN                                                                                \
	60 /* seconds after a container was killed until its supervisor must have undone everything */

static int not_running(const char *name, Error **ret_error)
{
	return error_set(ret_error, ENOTCONN, "container %s does not run", name);
}

int client_connect(const char *name, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", name);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = -EBADF, directory = -EBADF;

	if (!path)
		return error_oom(ret_error);
	directory = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? not_running(name, ret_error)
				       : error_errno(ret_error, errno, "open %s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ret_error, errno, "make a socket");
	/* Through the directory's descriptor: sun_path is too short for some paths. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" CONTROL_NAME,
		directory);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ENOENT ||
			errno ==
				ECONNREFUSED) /* one that was killed leaves a socket without listener */
			return not_running(name, ret_error);
		return error_errno(ret_error, errno, "container %s: talk to its supervisor", name);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int client_ask(const char *name, int fd, ControlVerb verb, const void *data, size_t size,
	char **ret, Error **ret_error)
{
	_cleanup_free_ void *packet = malloc(CONTROL_PACKET_MAX);
	ControlMessage message;
	int r;

	if (!packet)
		return error_oom(ret_error);
	r = control_send(fd, verb, 0, data, size, 0);
	if (r == 0)
		r = control_receive(fd, CONTROL_SUPERVISOR, packet, &message);
	if (r == 0 && message.verb != CONTROL_REPLY)
		r = -EPROTO;
	if (r < 0)
		return error_errno(ret_error, -r, "container %s: ask its supervisor for %s", name,
			control_verb_name(verb));
	if (message.errnum != 0)
		return error_set(ret_error, message.errnum, "%.*s", (int)message.size,
			(const char *)message.data);
	if (!ret)
		return 0;
	*ret = strndup(message.data, message.size);
	return *ret ? 0 : error_oom(ret_error);
}

static int ask(const char *name, ControlVerb verb, const void *data, size_t size, char **ret,
	Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = client_connect(name, &fd, ret_error);

	return r < 0 ? r : client_ask(name, fd, verb, data, size, ret, ret_error);
}

/* Its exit, not its answer: only then is all undone. */
static int await_exit(const char *name, int pidfd, unsigned int timeout, Error **ret_error)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	unsigned int seconds =
		timeout < INT_MAX / 1000 - STOP_MARGIN ? timeout + STOP_MARGIN : INT_MAX / 1000;
	int n;

	do
		n = poll(&p, 1, (int)seconds * 1000);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_errno(ret_error, errno, "container %s: wait for its supervisor", name);
	if (n == 0)
		return error_set(ret_error, ETIMEDOUT,
			"container %s: its supervisor did not end within %u seconds", name,
			seconds);
	return 0;
}

int supervisor_stop(const char *name, unsigned int timeout, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_fd_ int fd = -EBADF, pidfd = -EBADF;
	const uint32_t seconds = timeout;
	int r;

	r = run_state_load(name, &state, ret_error);
	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED)
		return not_running(name, ret_error);
	r = client_connect(name, &fd, ret_error);
	if (r < 0)
		return r;
	pidfd = procstat_open(state.supervisor, state.supervisor_starttime);
	if (pidfd == -ESRCH)
		return not_running(name, ret_error);
	if (pidfd < 0)
		return error_errno(ret_error, -pidfd, "container %s: find its supervisor", name);
	r = client_ask(name, fd, CONTROL_STOP, &seconds, sizeof(seconds), NULL, ret_error);
	return r < 0 ? r : await_exit(name, pidfd, timeout, ret_error);
}

int supervisor_set_resources(const char *name, const DescResources *resources, Error **ret_error)
{
	const ControlResources wanted = {
		.memory = resources->memory,
		.cpu_milli = resources->cpu_milli,
		.pids = resources->pids,
		.io_weight = resources->io_weight,
	};

	return ask(name, CONTROL_RESOURCES, &wanted, sizeof(wanted), NULL, ret_error);
}

int supervisor_reload(const char *name, Error **ret_error)
{
	return ask(name, CONTROL_RELOAD, NULL, 0, NULL, ret_error);
}

int supervisor_console_tail(const char *name, char **ret, Error **ret_error)
{
	return ask(name, CONTROL_TAIL, NULL, 0, ret, ret_error);
}
