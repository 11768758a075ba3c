/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the processes of a container get processors, input and output, and memory.
 */
#pragma once

#include <sys/types.h>

#include "engine/spec/spec.h"

/* -EINVAL for what no kernel knows. */
int scheduling_check(const SpecScheduling *scheduling, Error **ret_error);
/* Policy, nice value, priorities and affinity of another process, where the Spec says them. The caller has CAP_SYS_NICE on the host, which no
 * root of a container has. */
int scheduling_apply(const SpecScheduling *scheduling, pid_t pid, Error **ret_error);
/* What only the process itself can set: memory nodes. */
int scheduling_apply_self(const SpecScheduling *scheduling, Error **ret_error);

/* "0-3,7" as bits of words, the lowest first. -EINVAL: no list, or a number that n words do not have. */
int scheduling_parse_list(const char *list, unsigned long *words, size_t n);
