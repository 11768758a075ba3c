/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command that was entered into a container, as its parent holds it.
 */
#pragma once

#include "engine/enter/enter-spec.h"

/* Its parent is virt-sandbox-enter, a child of the caller that stays outside: a caller that is stopped, or a tracer inside that keeps the
 * command's end for itself, leaves nobody waiting but that. */
typedef struct EnterProcess {
	pid_t pid;
	int pidfd;
	int helper_fd; /* pidfd of virt-sandbox-enter */
	int status_fd; /* readable when the command's end is known */
	int master_fd; /* of its terminal, or -EBADF */
} EnterProcess;

/* Kills what was not waited for. */
void enter_process_done(EnterProcess *process);
#define _cleanup_enter_process_ _cleanup_(enter_process_done)
#define ENTER_PROCESS_NONE                                                                         \
	((EnterProcess){                                                                           \
		.pidfd = -EBADF, .helper_fd = -EBADF, .status_fd = -EBADF, .master_fd = -EBADF })

/* Lets it run on without us. */
void enter_process_leave(EnterProcess *process);

/* stdio: what the command gets as 0, 1, 2; not used with spec->terminal. 0: it was exec'ed. 126 or 127: it could not be, and the error says why. */
int enter_process_start(
	const EnterSpec *spec, const int stdio[3], EnterProcess *ret, Error **ret_error);
/* When it has ended. *ret_status: exit status, 128 + N when signal N killed it. -ETIMEDOUT: its end is kept back by a tracer. */
int enter_process_wait(EnterProcess *process, int *ret_status, Error **ret_error);
