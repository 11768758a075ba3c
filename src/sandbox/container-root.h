/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of a container as it sees them, from outside: what is below is opened with path_open_in_root().
 */
#pragma once

#include "engine/keep/state.h"
#include "sandbox/container.h"

/* Of one that runs, and which id its root has on the host. */
int container_root_running(
	const char *name, const RunState *state, int *ret_fd, uid_t *ret_base, Error **ret_error);
/* Of one that does not run, with its ids as on its disk: what is kept of it, so without what the host gives it at a start. An image is mounted for this process,
 * which gets a mount namespace, and as long as it lives. */
int container_root_stopped(
	const Container *container, bool readonly, int *ret_fd, Error **ret_error);
