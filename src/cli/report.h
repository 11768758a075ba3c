/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Words for people: errors and progress on stderr, help and results on stdout.
 */
#pragma once

#include "cli/option.h"

#define EXIT_FAILED 1 /* of virt-sandbox-service: it did not work */
#define EXIT_DIFFERS 2 /* --check: something is not as it should be */
#define EXIT_USAGE 2 /* the command line cannot be understood */
#define EXIT_SANDBOX 125 /* of commands that pass on an exit status: we failed, not the command */

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void error_cleanup(vsb_error **error)
{
	vsb_error_free(*error);
}

static inline void desc_cleanup(vsb_desc **desc)
{
	vsb_desc_free(*desc);
}

static inline void text_cleanup(char **text)
{
	vsb_free(*text);
}

static inline void strv_cleanup(char ***strings)
{
	vsb_strv_free(*strings);
}

static inline void info_cleanup(vsb_info **info)
{
	vsb_info_free(*info);
}

static inline void list_cleanup(vsb_info ***infos)
{
	vsb_list_free(*infos);
}

#define _cleanup_error_ _cleanup_(error_cleanup)
#define _cleanup_desc_ _cleanup_(desc_cleanup)
#define _cleanup_info_ _cleanup_(info_cleanup)
#define _cleanup_list_ _cleanup_(list_cleanup)
#define _cleanup_text_ _cleanup_(text_cleanup)
#define _cleanup_strv_ _cleanup_(strv_cleanup)

/* "PROGRAM: sentence". */
void report_problem(const char *sentence);
void report_error(const vsb_error *error);
/* The errors that follow are about this option, and say so as it was typed; NULL: about none. */
void report_about(const ParsedOption *given);
/* The same and the hint to --help; command may be NULL. Returns EXIT_USAGE. */
int report_usage(const char *command, const char *sentence);

/* A vsb_progress that speaks only on a terminal and only of what takes longer than a second. data
 * is a struct Progress, zero at first. */
typedef struct Progress {
	long long started; /* milliseconds */
	bool shown;
} Progress;
void progress_show(const char *what, size_t done, size_t all, void *data);
void progress_clear(const Progress *progress);

/* Between them, on a terminal, what is being done to what is told when it takes longer than a second: for calls of the library that do not tell of
 * themselves. Nothing may be printed meanwhile; wait_end() without a wait_begin() is fine. */
void wait_begin(const char *doing, const char *what);
void wait_end(void);

#define AMOUNT_MAX 32
/* Of bytes, for people: "1.5M". */
void format_amount(char text[AMOUNT_MAX], uint64_t bytes);
/* Prints s as a JSON string; what is not UTF-8 becomes U+FFFD, and no control character is printed as itself. */
void put_json_string(const char *s);
/* Prints a line on stdout; control characters in it become question marks. */
void put_line(const char *line);
void put_lines(char *const *lines);
/* A JSON array of strings; NULL is the empty one. */
void put_json_strings(char *const *strings);
/* Triples of key, value before and value described, as objects with commas between. */
void put_json_changes(char *const *changes);
