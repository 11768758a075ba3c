/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One row of a table of commands: what the command takes, what it does and how it is explained.
 */
#pragma once

#include "cli/option.h"

/* What a command does with one container; it prints only after wait_end(). */
typedef int (*CommandWork)(const char *name, const Args *args, vsb_error **error);

typedef struct Command {
	const char *name;
	const char *arguments; /* "NAME [-- COMMAND...]"; words without brackets are needed */
	const char *help; /* one line */
	const char *example; /* lines without the program's name before them */
	size_t min_words, max_words;
	ArgsMode mode;
	bool takes_command; /* something may follow "--" */
	OptionSet options;
	int failed; /* exit code when its variables cannot be had; 0: EXIT_FAILED */
	int (*run)(const Args *args); /* returns the exit code */
	CommandWork each; /* instead: for each word, by command_each() */
	const char *doing;
	void (*explain)(void); /* prints the help, where it is not made from this row */
} Command;
