/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a supervisor that was killed left behind.
 */
#include "engine/keep/stale-run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "engine/start/cgroup.h"
#include "engine/start/links-program.h"
#include "base/procstat.h"

#define KILL_TIMEOUT 10 /* seconds until a killed process tree must be gone */

/* PID 1 was killed together with its supervisor; it takes a moment to die, with all of its children. */
static int await_process(const RunState *state, Error **ret_error)
{
	_cleanup_fd_ int fd = procstat_open(state->pid, state->starttime);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return 0;
	(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0); /* ended already: fine */
	if (deadline_poll(&p, 1, deadline_in(KILL_TIMEOUT)) < 0)
		return error_set(ret_error, EBUSY,
			"process %d was killed, but has not ended within %d seconds; it waits for the kernel, or for a process that is stopped",
			(int)state->pid, KILL_TIMEOUT);
	return 0;
}

/* Before anything is waited for: a frozen process cannot end, nor one that waits for a frozen one. */
static void kill_cgroup(const RunState *state)
{
	_cleanup_fd_ int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;

	if (root_fd < 0 || !state->cgroup)
		return;
	fd = path_open_no_links(root_fd, state->cgroup, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0)
		cgroup_kill(fd);
}

void stale_run_kill(const RunState *state)
{
	_cleanup_fd_ int fd = procstat_open(state->pid, state->starttime);

	kill_cgroup(state);
	if (fd >= 0)
		(void)syscall(
			SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0); /* ended already: fine */
}

/* path: absolute, or below the cgroup2 mount mount_fd. */
static int remove_cgroup(int mount_fd, const char *path, Error **ret_error)
{
	_cleanup_fd_ int fd = path_open_no_links(mount_fd, path, O_PATH | O_DIRECTORY, 0);

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open the cgroup %s", path);
	cgroup_kill(fd); /* a process that PID 1 did not take along: one that was just entering */
	return cgroup_remove(mount_fd, path + (path[0] == '/'), ret_error);
}

static int remove_cgroups(const Spec *spec, const RunState *state, Error **ret_error)
{
	_cleanup_fd_ int root_fd = -EBADF, mount_fd = -EBADF, proc_fd = -EBADF;
	_cleanup_free_ char *usual = NULL;
	int r;

	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0 || proc_fd < 0)
		return error_errno(ret_error, errno, "cannot open the root directory");
	if (state->cgroup) {
		r = remove_cgroup(root_fd, state->cgroup, ret_error);
		if (r < 0)
			return r;
	}
	/* It may have been killed before it could write down which it had made. One with a name of somebody else's may be somebody else's. */
	if (spec->cgroup.path)
		return 0;
	r = cgroup_open_mount(proc_fd, &mount_fd, ret_error);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	usual = path_join(CGROUP_PARENT, spec->name);
	return usual ? remove_cgroup(mount_fd, usual, ret_error) : error_oom(ret_error);
}

int stale_run_remove_state(const char *name, Error **ret_error)
{
	_cleanup_free_ char *run = layout_path(LAYOUT_RUN);
	_cleanup_fd_ int fd = -EBADF;

	if (!run)
		return error_oom(ret_error);
	fd = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(ret_error, errno, "cannot open %s", run);
	return file_remove_tree(fd, name, ret_error);
}

/* State last: while it is there the next one tries again. */
int stale_run_remove(const Spec *spec, const Label *label, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r;

	/* A broken state file says nothing, but the rest can still be found by name. */
	if (run_state_load(spec->name, &state, NULL) < 0)
		state = (RunState){ 0 };
	kill_cgroup(&state);
	r = await_process(&state, ret_error);
	if (r == 0)
		r = remove_cgroups(spec, &state, ret_error);
	if (r == 0)
		r = links_detach(spec, ret_error);
	if (r == 0 && label)
		r = label_unload(label, ret_error);
	if (r == 0)
		r = stale_run_remove_state(spec->name, ret_error);
	return r < 0 ? error_wrap(ret_error,
			       "container %s: cannot remove what is left of its last run",
			       spec->name)
		     : 0;
}
