/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resource limits of processes (rlimits) in a container: a table, never what the caller happens to
 * have.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* Bounds how many namespaces the caller's user namespace may hold, each of which is memory of the
 * kernel that is charged to nobody. */
int limits_of_namespaces(int proc_fd, Error **ret_error);

/* Sets them on another process. The caller may raise hard limits, the container's root may not. */
int limits_apply(int proc_fd, pid_t pid, Error **ret_error);
