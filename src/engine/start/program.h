/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's first program.
 */
#pragma once

#include "engine/spec/spec.h"

/* The program that is run by descriptor, on a read-only mount of its own; *ret_fd stays as it is when `paths` are executed. By the
 * parent, before anything is forked. */
int program_open(const SpecProcess *process, int *ret_fd, Error **ret_error);

/* Replaces the calling process; fd from program_open() or -EBADF. Returns only on failure. */
int program_exec(const SpecProcess *process, int fd, Error **ret_error);
