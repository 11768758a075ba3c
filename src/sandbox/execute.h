/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running a command in a running container, for other verbs.
 */
#pragma once

#include <virt-sandbox.h>

#include "sandbox/registry.h"

/* Runs argv as root inside with empty standard input; *ret_output is its standard output. -ENOTCONN: does not run. */
int execute_capture(const Container *container, char *const *argv, char **ret_output,
	int *ret_status, Error **ret_error);
/* Runs argv as root inside for who only looks: what it says goes to a terminal as text, see relay_sanitize(). */
int execute_show(const Container *container, char *const *argv, int *ret_status, Error **ret_error);
/* vsb_execute() in what runs by this name, whatever it was described by. */
int execute_in(const char *name, char **argv, const vsb_execute_options *options, int *ret_status,
	Error **ret_error);
/* The same with the command of desc in a sandbox of its own, as vsb_run(). -ETIMEDOUT: it was killed, since it had said nothing for so many seconds (0: it may). */
int oneshot_show(const Desc *desc, unsigned int silence, int *ret_status, Error **ret_error);
/* Who waits for a command that says nothing. */
typedef struct OneshotWatch {
	int stop_fd; /* ends it when it becomes readable; -EBADF: nothing does */
	void (*look)(void *data); /* called twice a second; may be NULL */
	void *data;
} OneshotWatch;

/* The same for such a command, which reads nothing either: our caller's descriptors have no part in it. watch NULL: nobody's. -ETIMEDOUT: it
 * was killed after so many seconds. -EINTR: it was ended. */
int oneshot_quiet(const Desc *desc, unsigned int limit, const OneshotWatch *watch, int *ret_status,
	Error **ret_error);
