/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running other programs of the host (dpkg-query, mkfs.ext4, nft, ...): fixed environment, no descriptor but 0, 1, 2.
 */
#pragma once

#include <errno.h>
#include <sys/types.h>

#include "base/error.h"

#define SPAWN_OUTPUT_LIMIT                                                                         \
	(64u * 1024 * 1024) /* bytes of a program's output that we are ready to hold */

/* Runs argv[0] (a path, or found in /usr/sbin:/usr/bin:/sbin:/bin, whatever our caller's PATH is) with environment PATH, LC_ALL=C.UTF-8 only, stdin from input (may be NULL:
 * /dev/null) and waits. *ret_output, if asked for, is its standard output. *ret_status, if asked for, is its exit status
 * (128 + signal when killed) and then a non-zero one is not an error; if not asked for it is an error that carries the
 * last line of its standard error. -ENOENT: the program is not installed (the sentence names it). */
int spawn_run(char *const argv[], const char *input, char **ret_output, int *ret_status,
	Error **ret_error);

/* Is the program there: 0, or -ENOENT with the package that brings it. */
int spawn_need(const char *program, Error **ret_error);

typedef struct Spawned { /* a program that runs beside us */
	const char *name; /* argv[0], borrowed */
	pid_t pid; /* 0: none */
	int out, err; /* memory files */
} Spawned;
#define SPAWNED_NONE                                                                               \
	{                                                                                          \
		.out = -EBADF, .err = -EBADF                                                       \
	}

/* The two halves of spawn_run(). Between them the caller may do something else, such as start another one. */
int spawn_begin(char *const argv[], const char *input, Spawned *ret, Error **ret_error);
int spawn_end(Spawned *spawned, char **ret_output, int *ret_status, Error **ret_error);
/* For who must make the process himself. */
/* A memory file that is at its beginning, CLOEXEC; content may be NULL. Negative errno. */
int spawn_memory_file(const char *content, Error **ret_error);
/* The error of a program that ended with this status, with the last line of what it wrote to err_fd. */
int spawn_report(const char *name, int status, int err_fd, Error **ret_error);
/* Kills what nobody waited for. */
void spawn_done(Spawned *spawned);
#define _cleanup_spawned_ _cleanup_(spawn_done)
