/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the container's PID 1 is: program, arguments, environment. Decided by the parent before
 * anything is forked.
 */
#pragma once

#include "desc/desc.h"

typedef struct Program {
	int fd; /* virt-sandbox-init on a read-only mount of its own; -EBADF: exec path */
	const char *const *paths; /* NULL-terminated: where systemd may be inside; NULL with fd */
	char **argv;
	char **envp;
} Program;

int program_prepare(const Desc *desc, bool console, bool notify, Program *ret, Error **ret_error);
void program_done(Program *program);
#define _cleanup_program_ _cleanup_(program_done)

/* Replaces the calling process. Returns only on failure. */
int program_exec(const Program *program, Error **ret_error);
