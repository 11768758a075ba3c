/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command that was entered into a container, as its parent holds it.
 */
#pragma once

#include "engine/enter.h"

typedef struct EnterProcess {
	pid_t pid; /* a child of the caller */
	int pidfd;
	int master_fd; /* of its terminal, or -EBADF */
} EnterProcess;

/* Kills and reaps what was not waited for. */
void enter_process_done(EnterProcess *process);
#define _cleanup_enter_process_ _cleanup_(enter_process_done)
#define ENTER_PROCESS_NONE ((EnterProcess){ .pidfd = -EBADF, .master_fd = -EBADF })

/* stdio: what the command gets as 0, 1, 2; not used with spec->terminal. 0: it was exec'ed. 126 or 127: it could not be, and the error says why. */
int enter_process_start(
	const EnterSpec *spec, const int stdio[3], EnterProcess *ret, Error **ret_error);
/* *ret_status: exit status, 128 + N when signal N killed it. */
int enter_process_wait(EnterProcess *process, int *ret_status, Error **ret_error);
