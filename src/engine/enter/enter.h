/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running a command in a container that runs: execute and connect.
 */
#pragma once

#include "engine/enter/enter-spec.h"

/* Returns when the command ended: *ret_status is its exit status, 128 + N when signal N killed it; -1 when detached, 0 of one in the background, which runs by then. A command that is not found
 * inside, or cannot be executed, is a failure that sets *ret_status, too: 127 or 126, as shells have it. A captured command has 30 seconds. The caller
 * must not have SIGCHLD ignored. */
int engine_enter(const EnterSpec *spec, int *ret_status, Error **ret_error);
