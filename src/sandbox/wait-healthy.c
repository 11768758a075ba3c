/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for a container's health: its supervisor writes the state down whenever that changes, and the kernel says so.
 */
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/layout.h"
#include "engine/keep/state.h"
#include "sandbox/handle.h"

#define WAIT_SECONDS 3600 /* a check has time limits of its own, and so has an answer */
#define EVENTS_SIZE 4096 /* bytes of events read at once; what they say is of no interest */

/* 1: well; 0: not known yet. */
static int look(const char *name, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r = run_state_load(name, &state, ret_error);

	if (r < 0)
		return r;
	if (state.phase != RUN_RUNNING)
		return error_set(ret_error, ENOTCONN, "container %s has ended", name);
	if (state.health == HEALTH_NONE)
		return error_set(ret_error, EOPNOTSUPP,
			"container %s has no health check; give it one with --health-command",
			name);
	if (state.health == HEALTH_BAD)
		return error_set(ret_error, EIO,
			"container %s runs, but its health check fails; see "
			"`virt-sandbox-service logs %s`",
			name, name);
	return state.health == HEALTH_GOOD;
}

PUBLIC int vsb_wait_healthy(const char *name, vsb_error **error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", name);
	_cleanup_fd_ int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	Deadline deadline = deadline_in(WAIT_SECONDS);
	char events[EVENTS_SIZE];
	int r;

	if (!path)
		return error_oom(error);
	/* Before the first look, so that nothing is missed in between. */
	if (fd < 0 || inotify_add_watch(fd, path, IN_MOVED_TO | IN_CREATE | IN_DELETE) < 0)
		return errno == ENOENT ? error_set(error, ENOTCONN, "container %s has ended", name)
				       : error_errno(error, errno, "cannot watch %s", path);
	while ((r = look(name, error)) == 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		r = deadline_poll(&p, 1, deadline);
		if (r < 0)
			return error_errno(
				error, -r, "cannot wait for the health of container %s", name);
		(void)!read(fd, events, sizeof(events));
	}
	return r < 0 ? r : 0;
}
