/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What others are told about a container's life: its outcome, the log of events, the status line of the service manager. All of it is best effort: a
 * container runs on where it cannot be written down.
 */
#pragma once

#include "engine/io/console.h"
#include "engine/keep/event-log.h"

void history_ready(const char *name);
void history_killed(const char *name, uint64_t processes); /* by the kernel, for want of memory */
/* before: what was told last. */
void history_units(const char *name, OutcomeVerdict before, const Outcome *now);

typedef struct HistoryEnd {
	int status; /* of PID 1, as from wait(2) */
	bool told; /* to end */
	bool reboots;
	const Outcome *units; /* that have failed */
	const Console *console; /* what it said is its log; NULL: it has a journal of its own */
} HistoryEnd;

/* end: of a command that ended before it had started; or NULL. */
void history_start_failed(const char *name, const Error *error, const HistoryEnd *end);
void history_end(const char *name, const HistoryEnd *end);
