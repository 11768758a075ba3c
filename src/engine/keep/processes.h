/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processes of a running container, as its cgroups name them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/keep/state.h"

typedef struct Processes {
	pid_t *pids; /* of the host's pid namespace; PID 1 of the container is the first */
	size_t count;
} Processes;

void processes_done(Processes *processes);
#define _cleanup_processes_ _cleanup_(processes_done)

/* Lists them, at most PROCESSES_MAX; without a cgroup PID 1 alone. Each may end at any time, and its pid may be taken anew, so this is for
 * figures, not for signals. 0, or -ENOMEM. */
int processes_list(const RunState *state, Processes *ret);

#define PROCESSES_MAX 4096

/* Memory that only they have, in bytes: an estimate for a host whose cgroups do not count memory. */
uint64_t processes_memory(const Processes *processes);
