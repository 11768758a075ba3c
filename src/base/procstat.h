/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is this process still the one that we mean? A pid alone is reused; together with its start time it is not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Start time in clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). -ESRCH: there is no such process, or only its zombie. */
int procstat_starttime(pid_t pid, uint64_t *ret);

/* The text of /proc/PID/stat. A process chooses its own name, which stands in there: it may hold anything. -EBADMSG. */
int procstat_parse(const char *text, uint64_t *ret_starttime);

/* A descriptor of /proc, which is trusted for maps and labels: it has to be a procfs, and not a file system laid over it. */
int procstat_open_root(int *ret_fd, Error **ret_error);

/* Is there no process with this number, not even a zombie? */
bool procstat_is_gone(pid_t pid);

/* A pidfd of the process with that start time, else -ESRCH. */
int procstat_open(pid_t pid, uint64_t starttime);
