/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What became of a container since its last start: which of its units have failed, and how it ended. A small file that outlives it,
 * LAYOUT_RESERVATIONS/outcomes/NAME, written by the supervisor, read by everybody. While all is well there is none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define OUTCOME_UNITS_MAX                                                                          \
	32 /* failed units that are remembered; root inside makes as many as he likes */
#define OUTCOME_NAME_MAX 255u /* bytes of a unit's name, as systemd has it */
#define OUTCOME_RESULT_MAX 32 /* bytes of a result: "exit-code", "core-dump", ... */

typedef enum OutcomeVerdict {
	OUTCOME_GOOD,
	OUTCOME_DEGRADED, /* some unit has failed, or is not healthy */
	OUTCOME_FAILED, /* all that was asked for has failed, or the command, or the start */
	_OUTCOME_VERDICT_MAX,
} OutcomeVerdict;

const char *outcome_verdict_name(OutcomeVerdict verdict); /* "good", "degraded", "failed" */

typedef struct OutcomeUnit {
	char *name;
	char result[OUTCOME_RESULT_MAX]; /* systemd's word */
	bool signaled; /* number is a signal */
	int number; /* exit status; 0 without one */
	int64_t time; /* when we heard of it, seconds since the epoch */
} OutcomeUnit;

typedef struct Outcome {
	OutcomeVerdict verdict;
	bool ended; /* and it is known how: */
	int status; /* of PID 1, as from wait(2) */
	int64_t time; /* when it ended, or its start failed; seconds since the epoch */
	char *reason; /* why its start failed: one line; or NULL */
	char *said; /* what a command that has ended said last; or NULL */
	OutcomeUnit *units; /* that have failed */
	size_t n_units;
} Outcome;

void outcome_done(Outcome *outcome);
#define _cleanup_outcome_ _cleanup_(outcome_done)

/* Bytes of a unit's name, up to the end of its line; 0: systemd has no such name. */
size_t outcome_name_length(const char *text);
/* Notes that a unit has failed: once, and not above the limit. name and result end with their lines, and may say anything. 0 or -ENOMEM. */
int outcome_add_failed(Outcome *outcome, const char *name, const char *result, bool signaled,
	int number, int64_t now);
/* The failed unit of this name, or NULL. */
const OutcomeUnit *outcome_unit(const Outcome *outcome, const char *name);

/* Without a file *ret is a good outcome of one that has not ended. */
int outcome_load(const char *name, Outcome *ret, Error **ret_error);
int outcome_save(const char *name, const Outcome *outcome, Error **ret_error);
void outcome_forget(const char *name);

/* Changes text. -EBADMSG, -ENOMEM. */
int outcome_parse(char *text, Outcome *ret);

/* In words: "a.service failed at 2026-11-27 09:14:02 (exit-code, status 1)", "it ended at ... with status 1"; newly allocated. NULL when there is nothing to say,
 * or no memory. */
char *outcome_sentence(const Outcome *outcome);
