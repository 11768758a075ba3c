/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a supervisor that was killed left behind. The caller holds the container's lock.
 */
#pragma once

#include "engine/spec/spec.h"
#include "engine/keep/state.h"
#include "label/label.h"

/* Kills what still runs and removes cgroup, links and state. Nothing to do is success. label may be NULL. */
int stale_run_remove(const Spec *spec, const Label *label, Error **ret_error);
/* Only kills, and waits for nothing; needs no lock. */
void stale_run_kill(const RunState *state);
/* Only the state, LAYOUT_RUN/NAME. */
int stale_run_remove_state(const char *name, Error **ret_error);
