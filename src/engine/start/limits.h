/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resource limits of processes (rlimits) in a container: those of the Spec, never what the caller happens to have.
 */
#pragma once

#include <sys/types.h>

#include "engine/spec/spec.h"

/* Sets them, and the OOM score, on another process. The caller may raise hard limits, the container's root may not. proc_fd: the
 * host's /proc. */
int limits_apply(const Spec *spec, int proc_fd, pid_t pid, Error **ret_error);

/* -EPERM for a sysctl that is not of a namespace of the container's own: it would be set on the host. */
int limits_check_sysctls(const Spec *spec, Error **ret_error);
/* Sets the sysctls of the caller's namespaces. */
int limits_set_sysctls(const Spec *spec, int proc_fd, Error **ret_error);
