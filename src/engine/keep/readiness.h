/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is every unit of the container really up? The answers come from inside and may be anything; here they are only read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/io/console.h"
#include "engine/keep/outcome.h"

/* The commands to run inside: newly allocated argument vectors, NULL without memory. */
char **readiness_show_command(char *const *units);
char **readiness_sync_command(void); /* journald writes down what it has been told */
char **readiness_journal_command(const char *unit, int64_t since); /* seconds since the epoch */
char **readiness_reload_command(char *const *units);

typedef enum Readiness {
	READINESS_UP, /* the start of each has succeeded, whatever became of it since */
	READINESS_DOWN, /* *ret_unit, borrowed from units, did not start, and *ret_state says in which state it is, newly allocated */
	READINESS_AGAIN, /* one is just being tried again: ask once more */
} Readiness;

/* Reads what the show command printed, one block of properties for each unit in their order: a Readiness, or a negative errno. Asked after the systemd
 * inside has no job left, the answer is the same however long after. */
int readiness_check(const char *text, char *const *units, const char **ret_unit, char **ret_state,
	Error **ret_error);

/* Lines of a journal, which comes backwards, as they may be shown to an administrator: printable, indented, some of the beginning and of the end. "" without any. NULL
 * without memory. */
char *readiness_log_lines(const char *text);

/* The error of a container that ended before it was ready, with this status as from wait(2); told: to end. */
int readiness_ended_early(bool told, int status, const Console *console, Error **ret_error);

/* Reads the same text: which units have failed by now, those that were asked for and any other. now: seconds since the epoch. 1: something is between two states and
 * worth another look. -ENOMEM. */
int readiness_outcome(const char *text, char *const *units, int64_t now, Outcome *ret);
