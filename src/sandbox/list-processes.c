/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processes of a container, by what the kernel knows of them. Their command lines and the container's files are not read: both are in its hands, and may keep
 * who reads them waiting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strv.h"
#include "engine/keep/processes.h"
#include "sandbox/handle.h"

#define NAME_SIZE 80 /* bytes of a name, which the kernel cuts to 15 and escapes */

typedef struct Facts {
	long inside; /* pid */
	unsigned long user; /* effective, on the host */
	char name[NAME_SIZE];
} Facts;

/* proc(5), /proc/PID/status. False: it has ended, or is in no pid namespace but ours: the pid was taken anew. */
static bool read_facts(pid_t pid, Facts *ret)
{
	_cleanup_free_ char *text = NULL;
	const char *user, *inside;
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (file_read(path, &text, NULL, NULL) < 0)
		return false;
	user = strstr(text, "\nUid:");
	inside = strstr(text, "\nNSpid:");
	return user && inside && sscanf(text, "Name:\t%79[^\n]", ret->name) == 1 &&
	       sscanf(user, "\nUid: %*u %lu", &ret->user) == 1 &&
	       sscanf(inside, "\nNSpid:%*[ \t]%*d%*[ \t]%ld", &ret->inside) == 1;
}

static int add(char ***rows, pid_t pid, const Facts *facts, uint32_t id_base)
{
	char numbers[3][24];

	(void)snprintf(numbers[0], sizeof(numbers[0]), "%d", (int)pid);
	(void)snprintf(numbers[1], sizeof(numbers[1]), "%ld", facts->inside);
	(void)snprintf(numbers[2], sizeof(numbers[2]), "%lu", facts->user - id_base);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strv_append(rows, numbers[i]) < 0)
			return -ENOMEM;
	return strv_append(rows, facts->name);
}

PUBLIC int vsb_processes(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_processes_ Processes processes = { 0 };
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_container_ Container container = {};
	_cleanup_strv_ char **rows = NULL;
	uint32_t base;
	int r = sandbox_begin_running(name, &container, &state, error);

	if (r < 0)
		return r;
	if (state.phase == RUN_STOPPED || state.pid <= 0)
		return error_set(error, ENOTCONN, "container %s is not running", name);
	if (!state.cgroup)
		return error_set(error, EOPNOTSUPP,
			"cannot list the processes of container %s: it has no cgroup on this host; "
			"use `virt-sandbox-service execute %s -- ps`",
			name, name);
	if (processes_list(&state, &processes) < 0)
		return error_oom(error);
	base = container.identity->id_base;
	for (size_t i = 0; i < processes.count; i++) {
		Facts facts;

		/* Of another user than its own it is another container's by now. */
		if (!read_facts(processes.pids[i], &facts) || facts.user < base ||
			facts.user - base >= DESC_ID_COUNT)
			continue;
		if (add(&rows, processes.pids[i], &facts, base) < 0)
			return error_oom(error);
	}
	*ret = TAKE_PTR(rows);
	return 0;
}
