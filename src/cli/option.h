/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options: rows of a small table of the command's own, then those rows of the library's table of
 * keys that the command takes, then the ones that every command has. One parser and one help for
 * all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <virt-sandbox.h>

#define OPTION_PROBLEM_MAX 512 /* bytes of a sentence about the command line */
#define OPTION_KEY_MAX 64 /* bytes of "section.name" */

typedef struct Option {
	const char *name; /* long option without dashes */
	char letter; /* short option or 0 */
	const char *argument; /* NULL: takes none */
	const char *help;
	const char *section, *key; /* of the description; NULL: not a key */
	bool list; /* may be given several times */
} Option;

typedef struct OptionSet {
	const Option *rows; /* the last has no name; NULL: none */
	bool (*accepts)(const vsb_key *key); /* which keys are options, too; NULL: none */
} OptionSet;

/* The row with this index over all three tables; false after the last. */
bool option_at(const OptionSet *set, size_t index, Option *ret);

typedef struct ParsedOption {
	Option option;
	const char *value; /* NULL: the option takes none */
	char letter; /* it was typed as -LETTER; 0: as --NAME */
} ParsedOption;

/* A command line that was read. Everything points into argv. */
typedef struct Args {
	ParsedOption *given;
	size_t n_given;
	char **words; /* NULL-terminated, what is neither option nor after "--" */
	size_t n_words;
	char **variables; /* of -e and --env-file, NULL-terminated and our own; NULL until variables_read() */
	char **command; /* NULL-terminated, what came after "--"; NULL without "--" */
	char problem[OPTION_PROBLEM_MAX];
} Args;

typedef enum ArgsMode {
	ARGS_MIXED, /* options and words in any order, up to "--" */
	ARGS_LEADING, /* options end at the first word */
	ARGS_FOREIGN, /* and at the first option that is not ours: those of another program follow */
} ArgsMode;

/* Reads argv, without the program's name. 0, -ENOMEM, or -EINVAL with what is wrong in problem. */
int args_parse(Args *args, const OptionSet *set, ArgsMode mode, char **argv);
void args_done(Args *args);
char **variables_free(char **variables); /* a list that is all our own */

const char *args_value(const Args *args, const char *name); /* the last given, or NULL */
/* The last given as a number; otherwise where none was given; -1: it is no whole number from min, which is not negative, to max. */
int args_number(const Args *args, const char *name, int min, int max, int otherwise);
/* All that were given, NULL-terminated; the caller frees the array only. NULL without memory. */
char **args_values(const Args *args, const char *name);
bool args_has(const Args *args, const char *name);
