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
#include "base/text.h"

static const char *const phase_names[] = {
	[RUN_STOPPED] = "stopped",
	[RUN_STARTING] = "starting",
	[RUN_RUNNING] = "running",
	[RUN_STOPPING] = "stopping",
	[RUN_CREATED] = "created",
	[_RUN_PHASE_MAX] = NULL,
};

static const char *const health_names[] = {
	[HEALTH_NONE] = "none",
	[HEALTH_STARTING] = "starting",
	[HEALTH_GOOD] = "healthy",
	[HEALTH_BAD] = "unhealthy",
	[_RUN_HEALTH_MAX] = NULL,
};

/* The lines in their order. */
static const struct StateKey {
	const char *key;
	enum {
		ALWAYS,
		PROCESS,
		NUMBER,
		WORD,
		TEXT
	} type; /* a word or a text is left out where it is the first of its names, or none */
	size_t offset;
	const char *const *names;
	uint64_t max;
} keys[] = {
	{ "phase", ALWAYS, offsetof(RunState, phase), phase_names },
	{ "supervisor", PROCESS, offsetof(RunState, supervisor) },
	{ "supervisor-starttime", NUMBER, offsetof(RunState, supervisor_starttime),
		.max = UINT64_MAX },
	{ "pid", PROCESS, offsetof(RunState, pid) },
	{ "starttime", NUMBER, offsetof(RunState, starttime), .max = UINT64_MAX },
	{ "since", NUMBER, offsetof(RunState, since), .max = INT64_MAX },
	{ "health", WORD, offsetof(RunState, health), health_names },
	{ "address", TEXT, offsetof(RunState, address) },
	{ "cgroup", TEXT, offsetof(RunState, cgroup) },
	{ "network-lost", TEXT, offsetof(RunState, network_lost) },
	{ "version", TEXT, offsetof(RunState, version) },
};

const char *run_phase_name(RunPhase phase)
{
	return (unsigned int)phase < _RUN_PHASE_MAX ? phase_names[phase] : NULL;
}

const char *run_health_name(RunHealth health)
{
	return health_names[health];
}

void run_state_done(RunState *state)
{
	free(state->address);
	free(state->cgroup);
	free(state->version);
	free(state->network_lost);
	*state = (RunState){ 0 };
}

static int set_word(const struct StateKey *key, int *word, const char *value)
{
	for (int i = 0; key->names[i]; i++)
		if (strcmp(value, key->names[i]) == 0) {
			*word = i;
			return 0;
		}
	return -EBADMSG;
}

static int set_value(const struct StateKey *key, void *place, const char *value)
{
	uint64_t number;
	char **text = place;

	switch (key->type) {
	case TEXT:
		free(*text);
		*text = strdup(value);
		return *text ? 0 : -ENOMEM;
	case PROCESS:
		if (text_number(value, INT_MAX, &number) < 0)
			return -EBADMSG;
		*(pid_t *)place = (pid_t)number;
		return 0;
	case NUMBER:
		return text_number(value, key->max, place) < 0 ? -EBADMSG : 0;
	default:
		return set_word(key, place, value);
	}
}

static int set_line(RunState *state, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t n = strlen(keys[i].key);

		if (strncmp(line, keys[i].key, n) == 0 && line[n] == '=')
			return set_value(&keys[i], (char *)state + keys[i].offset, line + n + 1);
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

	for (const struct StateKey *k = keys; k < keys + ARRAY_SIZE(keys); k++) {
		const void *place = (const char *)state + k->offset;
		const char *text = k->type == TEXT ? *(char *const *)place : NULL;

		if (k->type == NUMBER)
			buf_printf(&buf, "%s=%" PRIu64 "\n", k->key, *(const uint64_t *)place);
		else if (k->type == PROCESS)
			buf_printf(&buf, "%s=%d\n", k->key, (int)*(const pid_t *)place);
		else if (k->type == ALWAYS || (k->type == WORD && *(const int *)place != 0))
			text = k->names[*(const int *)place];
		if (text)
			buf_printf(&buf, "%s=%s\n", k->key, text);
	}
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
		return error_errno(
			ret_error, errno, "container %s: cannot read its state %s", name, path);
	r = fd_read_all(fd, STATE_SIZE_MAX, &text, &size);
	if (r == 0)
		r = state_parse(text, size, &state);
	if (r < 0)
		return error_errno(
			ret_error, -r, "container %s: its state file %s is damaged", name, path);
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
	return r == 0 ? file_write_atomic(path, text, strlen(text), 0600, ret_error) : r;
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
