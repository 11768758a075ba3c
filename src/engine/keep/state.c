/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of a running container as a small file: "key=value" lines, replaced as a whole.
 */
#include "engine/keep/state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/procstat.h"

static const char *const phase_names[_RUN_PHASE_MAX] = {
	[RUN_STOPPED] = "stopped",
	[RUN_STARTING] = "starting",
	[RUN_RUNNING] = "running",
	[RUN_STOPPING] = "stopping",
	[RUN_CREATED] = "created",
};

const char *run_phase_name(RunPhase phase)
{
	return (unsigned int)phase < _RUN_PHASE_MAX ? phase_names[phase] : NULL;
}

void run_state_done(RunState *state)
{
	free(state->address);
	free(state->cgroup);
	free(state->version);
	free(state->network_lost);
	*state = (RunState){ 0 };
}

static int set_phase(RunState *state, const char *value)
{
	for (int i = 0; i < _RUN_PHASE_MAX; i++)
		if (strcmp(value, phase_names[i]) == 0) {
			state->phase = (RunPhase)i;
			return 0;
		}
	return -EBADMSG;
}

static int parse_number(const char *value, uint64_t max, uint64_t *ret)
{
	unsigned long long number;
	char *end;

	if (value[0] < '0' || value[0] > '9') /* strtoull() takes spaces and signs */
		return -EBADMSG;
	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno != 0 || *end != '\0' || number > max)
		return -EBADMSG;
	*ret = number;
	return 0;
}

static int parse_pid(const char *value, pid_t *ret)
{
	uint64_t number;
	int r = parse_number(value, INT_MAX, &number);

	if (r == 0)
		*ret = (pid_t)number;
	return r;
}

static const char *const health_names[_RUN_HEALTH_MAX] = {
	[HEALTH_NONE] = "none",
	[HEALTH_STARTING] = "starting",
	[HEALTH_GOOD] = "healthy",
	[HEALTH_BAD] = "unhealthy",
};

const char *run_health_name(RunHealth health)
{
	return health_names[health];
}

static int set_health(RunState *state, const char *value)
{
	for (RunHealth h = 0; h < _RUN_HEALTH_MAX; h++)
		if (strcmp(value, health_names[h]) == 0) {
			state->health = h;
			return 0;
		}
	return -EBADMSG;
}

static int set_supervisor(RunState *state, const char *value)
{
	return parse_pid(value, &state->supervisor);
}

static int set_supervisor_starttime(RunState *state, const char *value)
{
	return parse_number(value, UINT64_MAX, &state->supervisor_starttime);
}

static int set_pid(RunState *state, const char *value)
{
	return parse_pid(value, &state->pid);
}

static int set_starttime(RunState *state, const char *value)
{
	return parse_number(value, UINT64_MAX, &state->starttime);
}

static int set_since(RunState *state, const char *value)
{
	uint64_t number;
	int r = parse_number(value, INT64_MAX, &number);

	if (r == 0)
		state->since = (int64_t)number;
	return r;
}

static int set_string(char **string, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*string);
	*string = copy;
	return 0;
}

static int set_address(RunState *state, const char *value)
{
	return set_string(&state->address, value);
}

static int set_cgroup(RunState *state, const char *value)
{
	return set_string(&state->cgroup, value);
}

static int set_version(RunState *state, const char *value)
{
	return set_string(&state->version, value);
}

static int set_network_lost(RunState *state, const char *value)
{
	return set_string(&state->network_lost, value);
}

static const struct {
	const char *key;
	int (*set)(RunState *state, const char *value);
} state_keys[] = {
	{ "phase", set_phase },
	{ "supervisor", set_supervisor },
	{ "supervisor-starttime", set_supervisor_starttime },
	{ "pid", set_pid },
	{ "starttime", set_starttime },
	{ "health", set_health },
	{ "since", set_since },
	{ "address", set_address },
	{ "cgroup", set_cgroup },
	{ "network-lost", set_network_lost },
	{ "version", set_version },
};

static int set_line(RunState *state, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_keys); i++) {
		size_t n = strlen(state_keys[i].key);

		if (strncmp(line, state_keys[i].key, n) == 0 && line[n] == '=')
			return state_keys[i].set(state, line + n + 1);
	}
	return -EBADMSG;
}

int state_parse(char *text, size_t size, RunState *ret)
{
	_cleanup_run_state_ RunState state = { 0 };
	char *next = text;

	if (size == 0 || text[size - 1] != '\n' || memchr(text, '\0', size))
		return -EBADMSG;
	text[size - 1] = '\0';
	while (next) {
		char *line = next;
		int r;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = set_line(&state, line);
		if (r < 0)
			return r;
	}
	*ret = state;
	state = (RunState){ 0 };
	return 0;
}

int state_format(const RunState *state, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	buf_printf(&buf,
		"phase=%s\nsupervisor=%d\nsupervisor-starttime=%" PRIu64
		"\npid=%d\nstarttime=%" PRIu64 "\nsince=%" PRId64 "\n",
		run_phase_name(state->phase), (int)state->supervisor, state->supervisor_starttime,
		(int)state->pid, state->starttime, state->since);
	if (state->health != HEALTH_NONE)
		buf_printf(&buf, "health=%s\n", run_health_name(state->health));
	if (state->address)
		buf_printf(&buf, "address=%s\n", state->address);
	if (state->cgroup)
		buf_printf(&buf, "cgroup=%s\n", state->cgroup);
	if (state->network_lost)
		buf_printf(&buf, "network-lost=%s\n", state->network_lost);
	if (state->version)
		buf_printf(&buf, "version=%s\n", state->version);
	return buf_take(&buf, ret, ret_error);
}

int run_state_load(const char *name, RunState *ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s/state", name);
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	uint64_t starttime;
	RunState state;
	size_t size;
	int r;

	if (!path)
		return error_oom(ret_error);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*ret = (RunState){ 0 };
		return 0;
	}
	if (fd < 0)
		return error_errno(ret_error, errno, "container %s: read its state %s", name, path);
	r = fd_read_all(fd, STATE_SIZE_MAX, &text, &size);
	if (r == 0)
		r = state_parse(text, size, &state);
	if (r < 0)
		return error_errno(
			ret_error, -r, "container %s: its state file %s is broken", name, path);
	r = procstat_starttime(state.supervisor, &starttime);
	if (r < 0 || starttime != state.supervisor_starttime)
		state.phase = RUN_STOPPED;
	*ret = state;
	return 0;
}

int run_state_save(const char *name, const RunState *state, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s/state", name);
	_cleanup_free_ char *text = NULL;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = state_format(state, &text, ret_error);
	if (r == 0)
		r = file_write_atomic(path, text, strlen(text), 0600, ret_error);
	return r;
}

int run_state_pidfd(const RunState *state, int *ret_pidfd, Error **ret_error)
{
	int fd = procstat_open(state->pid, state->starttime);

	if (fd < 0)
		return error_set(ret_error, -fd, "the container's first process, %d, has exited",
			(int)state->pid);
	*ret_pidfd = fd;
	return 0;
}
