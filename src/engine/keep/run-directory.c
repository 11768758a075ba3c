/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The supervisor's directory of a container that runs.
 */
#include "engine/keep/run-directory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "base/procstat.h"
#include "engine/keep/lock.h"
#include "engine/keep/saved-spec.h"

void run_directory_unlock(RunDirectory *directory)
{
	lock_drop(directory->name, &directory->lock_fd);
}

void run_directory_tell_end(RunDirectory *directory)
{
	if (directory->lock_fd >= 0)
		lock_tell_end(directory->lock_fd);
	if (directory->fd >= 0 &&
		directory->state.phase !=
			RUN_STOPPING) /* until all is put away it is not stopped */
		(void)run_directory_set_phase(
			directory, RUN_STOPPING, NULL); /* for who looks, alone */
}

void run_directory_done(RunDirectory *directory)
{
	directory->fd = fd_close(directory->fd);
	run_directory_unlock(directory);
	run_state_done(&directory->state);
}

/* Who holds the lock: a supervisor, or a command that needs the container stopped. */
static bool is_running(const char *name)
{
	_cleanup_run_state_ RunState state = { 0 };

	return run_state_load(name, &state, NULL) < 0 || state.phase != RUN_STOPPED;
}

int run_directory_claim(RunDirectory *directory, Error **ret_error)
{
	int r = lock_take(directory->name, &directory->lock_fd, ret_error);

	if (r != -EBUSY)
		return r;
	return is_running(directory->name)
		       ? error_set(ret_error, EALREADY, "it runs already")
		       : error_set(ret_error, EBUSY, "another command is working on it");
}

static int make_directory(RunDirectory *directory, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", directory->name);

	if (!path)
		return error_oom(ret_error);
	if (mkdir(path, 0700) < 0)
		return error_errno(ret_error, errno, "cannot create directory %s", path);
	directory->fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return directory->fd < 0 ? error_errno(ret_error, errno, "cannot open directory %s", path)
				 : 0;
}

static int save_state(const RunDirectory *directory, Error **ret_error)
{
	return run_state_save(directory->name, &directory->state, ret_error);
}

static int begin_state(RunDirectory *directory, Error **ret_error)
{
	RunState *state = &directory->state;
	int r;

	state->phase = RUN_STARTING;
	state->supervisor = getpid();
	state->version = strdup(VERSION);
	if (!state->version)
		return error_oom(ret_error);
	r = procstat_starttime(getpid(), &state->supervisor_starttime);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the start time of this process");
	return save_state(directory, ret_error);
}

int run_directory_make(RunDirectory *directory, const Spec *spec, Error **ret_error)
{
	int r = make_directory(directory, ret_error);

	if (r < 0)
		return r;
	r = saved_spec_write(directory->fd, spec, ret_error);
	return r < 0 ? r : begin_state(directory, ret_error);
}

static int note_address(RunState *state, const Spec *spec, Error **ret_error)
{
	const char *address = NULL;

	for (size_t i = 0; !address && i < spec->n_networks; i++)
		if (spec->networks[i].addresses)
			address = spec->networks[i].addresses[0];
	free(state->address);
	state->address = address ? strndup(address, strcspn(address, "/")) : NULL;
	return address && !state->address ? error_oom(ret_error) : 0;
}

static int note_cgroup(RunState *state, const Run *run, Error **ret_error)
{
	char link[40], path[PATH_MAX];
	ssize_t n;

	free(state->cgroup);
	state->cgroup = NULL;
	if (run->cgroup_fd < 0)
		return 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", run->cgroup_fd);
	n = readlink(link, path, sizeof(path) - 1);
	state->cgroup = n > 0 ? strndup(path, (size_t)n) : NULL;
	return state->cgroup ? 0
			     : error_errno(ret_error, errno, "cannot find the container's cgroup");
}

int run_directory_note_run(
	RunDirectory *directory, const Spec *spec, const Run *run, bool save, Error **ret_error)
{
	RunState *state = &directory->state;
	int r;

	state->pid = run->pid;
	state->since = (int64_t)time(NULL);
	r = procstat_starttime(run->pid, &state->starttime);
	if (r < 0 && r != -ESRCH) /* a short command has ended: the loop sees it and what it said */
		return error_errno(
			ret_error, -r, "cannot read the start time of the first process");
	r = note_address(state, spec, ret_error);
	if (r == 0)
		r = note_cgroup(state, run, ret_error);
	return r < 0 || !save ? r : save_state(directory, ret_error);
}

int run_directory_set_network_lost(RunDirectory *directory, const char *reason, Error **ret_error)
{
	free(directory->state.network_lost);
	directory->state.network_lost = reason ? strdup(reason) : NULL;
	if (reason && !directory->state.network_lost)
		return error_oom(ret_error);
	return save_state(directory, ret_error);
}

int run_directory_set_health(RunDirectory *directory, RunHealth health, Error **ret_error)
{
	directory->state.health = health;
	return save_state(directory, ret_error);
}

int run_directory_set_phase(RunDirectory *directory, RunPhase phase, Error **ret_error)
{
	directory->state.phase = phase;
	if (phase == RUN_RUNNING)
		directory->state.since = (int64_t)time(NULL);
	return save_state(directory, ret_error);
}
