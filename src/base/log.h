/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps: what is done just now, to what, and when, on standard error. For whoever looks for a fault; off unless it is asked for, by
 * VIRT_SANDBOX_DEBUG=1 or `--debug`. The one exception from the rule that only commands print.
 *
 * A line is "PROGRAM[PID] SECONDS STEP: OBJECT". SECONDS are those of CLOCK_MONOTONIC, so that lines of several processes can be put in
 * order. PID is what the process itself sees: a container's first process is 1, the builder of its root 2.
 * Never told: values of variables, secrets, contents of files.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

extern bool log_on; /* read it by log_step() alone */

/* One branch as long as nobody asks. errno stays. Async-signal-safe, and fit for processes that share memory. */
#define log_step(step, ...)                                                                        \
	(__builtin_expect(log_on, false) ? log_tell(step, __VA_ARGS__) : (void)0)

void log_tell(const char *step, const char *fmt, ...) _printf_(2, 3);

/* From here on in this process, and in those that are handed log_variable(). */
void log_start(void);
/* "VIRT_SANDBOX_DEBUG=1" for the environment of a helper; NULL when nothing is told. */
const char *log_variable(void);

/* Before standard error becomes somebody else's: goes on with a descriptor of its own, which no exec inherits. */
void log_keep_stderr(void);
/* A process that stays gives back the descriptor of who started it: nothing is told any more. */
void log_stop(void);
