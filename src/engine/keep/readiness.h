/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is every unit of the container really up? The answers come from inside and may be anything; here they are only read.
 */
#pragma once

#include "base/error.h"

/* The commands to run inside: newly allocated argument vectors, NULL without memory. */
char **readiness_show_command(char *const *units);
char **readiness_journal_command(const char *unit);
char **readiness_reload_command(char *const *units);

/* Reads what the show command printed, one block of properties for each unit in their order. 0: all are up. 1: *ret_unit, borrowed from units, is not, and
 * *ret_state says in which state it is, newly allocated. */
int readiness_check(const char *text, char *const *units, const char **ret_unit, char **ret_state,
	Error **ret_error);

/* The last lines of a log as they may be shown to an administrator: printable, indented, at most a dozen. "" without any. NULL without memory. */
char *readiness_log_lines(const char *text);
