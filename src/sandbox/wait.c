/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting until a container is in a state. What its supervisor writes down is told by the kernel; a supervisor that was killed tells nobody, so we look now and then as well.
 */
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/layout.h"
#include "sandbox/handle.h"
#include "sandbox/info.h"

#define LOOK_SECONDS 1 /* at least so often */
#define SETTLE_MSEC 50 /* between two looks, however much is told */

static bool is(const vsb_info *info, const char *state)
{
	return strcmp(info->state, state) == 0;
}

static bool is_up(const vsb_info *info, RunHealth health)
{
	(void)health;
	return info->pid > 0 && !is(info, "starting") && !is(info, "stopping");
}

static bool is_stopped(const vsb_info *info, RunHealth health)
{
	(void)health;
	return info->pid == 0 && (is(info, "stopped") || is(info, "failed"));
}

static bool is_ready(const vsb_info *info, RunHealth health)
{
	return is(info, "running") && (health == HEALTH_NONE || health == HEALTH_GOOD);
}

static bool is_degraded(const vsb_info *info, RunHealth health)
{
	(void)health;
	return is(info, "degraded");
}

static bool is_failed(const vsb_info *info, RunHealth health)
{
	(void)health;
	return is(info, "failed");
}

static const struct Goal {
	const char *name;
	bool (*reached)(const vsb_info *info, RunHealth health);
} goals[] = {
	{ "running", is_up },
	{ "stopped", is_stopped },
	{ "ready", is_ready },
	{ "degraded", is_degraded },
	{ "failed", is_failed },
};

static const struct Goal *goal_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(goals); i++)
		if (strcmp(goals[i].name, name) == 0)
			return &goals[i];
	return NULL;
}

/* What cannot be watched, as it is not there yet, is found by looking. */
static void watch(int fd, char *path)
{
	if (path)
		(void)inotify_add_watch(
			fd, path, IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_DELETE_SELF);
	free(path);
}

static int look(const char *name, const struct Goal *goal, vsb_info **ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_info_ vsb_info *info = NULL;
	int r = vsb_info_of(name, &info, ret_error);

	if (r == 0)
		r = run_state_load(name, &state, ret_error);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(info);
	return goal->reached(*ret, state.health);
}

PUBLIC int vsb_wait(const char *name, const char *state, unsigned int timeout, vsb_error **error)
{
	const struct Goal *goal = goal_named(state);
	const Deadline deadline = deadline_in(timeout);
	_cleanup_fd_ int fd = -EBADF;
	char events[4096]; /* what they say is of no interest */

	if (!goal)
		return error_set(error, EINVAL,
			"cannot wait for \"%s\": there is no such state; wait for running, "
			"stopped, ready, degraded or failed",
			state);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return error_errno(error, errno, "cannot wait for container %s", name);
	watch(fd, layout_path(LAYOUT_RUN));
	watch(fd, layout_pathf(LAYOUT_RESERVATIONS, "outcomes"));
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		_cleanup_info_ vsb_info *info = NULL;
		int r;

		watch(fd, layout_pathf(LAYOUT_RUN, "%s", name)); /* before the look */
		r = look(name, goal, &info, error);
		if (r != 0)
			return r < 0 ? r : 0;
		if (deadline_left(deadline) == 0)
			return error_set(error, ETIMEDOUT,
				"container %s is not %s after %u seconds: it is %s", name, state,
				timeout, info->state);
		(void)deadline_poll(&p, 1, deadline_first(deadline, deadline_in(LOOK_SECONDS)));
		(void)deadline_poll(
			NULL, 0, deadline_first(deadline, deadline_in_msec(SETTLE_MSEC)));
		while (read(fd, events, sizeof(events)) > 0)
			;
	}
}
