/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changing what a container that runs was started with. Its links are made and taken away by its supervisor, who undoes them at the end; devices and limits are given by
 * who asks, and are what the next life begins with, too.
 */
#pragma once

#include "engine/engine.h"
#include "engine/keep/state.h"

/* For the supervisor: takes links, devices, limits and cgroup values from the Spec that was left in the run directory. */
int live_change(Spec *spec, const Run *run, int run_fd, Error **ret_error);

/* A node in /dev of a container that runs, in place of nothing; and away with it. A mount of its own: what is mounted there has no devices. The container may do what it likes
 * there meanwhile: no link is followed, and nothing is waited for. -EEXIST; -ENOENT. */
int live_node_make(
	const Spec *spec, const RunState *state, const SpecDevice *device, Error **ret_error);
int live_node_remove(const RunState *state, const SpecDevice *device, Error **ret_error);
