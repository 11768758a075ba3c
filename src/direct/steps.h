/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps: all that virt-sandbox-direct does for the one service that it starts and keeps. The planner makes them of a unit when the container is created, they are
 * saved in its description, and each is a word of the program's command line. So nothing inside reads a unit, and the reader here is small: "key=value", keys of
 * one closed table, each value checked. Uses the C library alone, and is linked into the program, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEPS_WORDS_MAX 1024 /* steps of one service */
#define STEPS_WORD_MAX (100u * 1024) /* bytes of one: the kernel takes 128 KiB of an argument */
#define STEPS_ARGUMENTS_MAX 1024 /* words of one command */

typedef struct Steps {
	char *unit; /* its name, for messages and in the log */
	char *type; /* "exec", "notify", "forking", "oneshot" */
	char *pid_file; /* forking: where its first process writes its number */
	char *notify; /* who may say READY=1: "main", "exec", "all", "none" */
	char *restart; /* systemd's words: "no", "on-failure", ... */
	char *kill_mode; /* "control-group", "mixed", "process", "none" */
	char *user, *group; /* names or numbers; NULL: root, and the user's own */
	char *directory; /* working directory; "-" before it: may be missing; "~": the user's home */
	char *output,
		*errors; /* "log", "null", "file:PATH", "append:PATH", "truncate:PATH"; errors: "output" as well */
	char *filter; /* system call filter: the kernel's instructions as hexadecimal digits; NULL: none */

	int64_t remain; /* it is up after its commands have ended */
	int64_t restart_msec, start_msec, stop_msec; /* 0: at once; no limit; no limit */
	int64_t limit_burst, limit_msec; /* so many starts within so long; 0: no limit */
	int64_t kill_signal, final_signal;
	int64_t send_kill, send_hangup; /* booleans */
	int64_t umask, nice, oom_score, bounding, ambient;
	int64_t no_new_privileges, ignore_pipe, private_tmp, strict, keep_runtime; /* booleans */

	char **groups;
	char **success; /* further good ends: "143", "signal 15" */
	char **prevent, **force; /* ends after which it is never, or always, started again */
	char **environment; /* "NAME=value" */
	char **environment_files; /* "-" before one: may be missing */
	char **unset; /* names, or "NAME=value" */
	char **limits; /* "NUMBER SOFT HARD", of setrlimit(2); "max" */
	char **directories; /* "MODE PATH" */
	char **boot; /* "MODE USER GROUP PATH": made once, before all of it */
	char **runtime; /* as well; removed when it has ended */
	char **readonly, **writable, **hidden, **noexec,
		**exec; /* paths; "-" before one: may be missing */
	char **tmpfs; /* "PATH OPTIONS" */
	char **binds; /* "ro|rw SOURCE DESTINATION", each as a word of a command; "-" before the source: may be missing */
	char **listen; /* "stream|datagram|seqpacket MODE BACKLOG ADDRESS", words as those of a command */

	char **before, **start, **after, **reload, **stop, **after_stop; /* commands */
} Steps;

void steps_done(Steps *steps);
/* What each word must be; a value that is zero, NULL or empty is left out. 0 or -ENOMEM. */
int steps_format(const Steps *steps, char ***ret);
/* The same back. -EINVAL: *ret_bad is the word that means nothing, borrowed; -E2BIG, -ENOMEM. */
int steps_parse(char *const *words, size_t n, Steps *ret, const char **ret_bad);

/* May the text at this offset, of which a few words are all that it can be, be this one? */
bool steps_may_be(size_t offset, const char *value);

typedef struct StepsCommand {
	bool may_fail; /* - */
	bool privileged; /* +: as root, without what confines the service */
	bool keeps_ids; /* !: as root */
	bool literal; /* :: no variables */
	char *program;
	char **argv; /* the first is what it is called by */
} StepsCommand;

void steps_command_done(StepsCommand *command);
/* One line: flags or ".", the program and its arguments, each without blanks by %XX. NULL without memory. */
char *steps_command_format(const StepsCommand *command);
/* -EINVAL, -E2BIG, -ENOMEM. */
int steps_command_parse(const char *text, StepsCommand *ret);
/* Words in the same form. */
char *steps_words_format(char *const *words);
int steps_words_parse(const char *text, char ***ret);

/* Of a filter: *ret is n bytes. -EINVAL, -ENOMEM. */
int steps_bytes_parse(const char *hex, unsigned char **ret, size_t *ret_n);
