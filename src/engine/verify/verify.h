/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does a running container have what its Spec says? Read from outside.
 */
#pragma once

#include "engine/keep/state.h"
#include "label/label.h"

/* Appends five texts for each claim: what, "yes", "no", "unknown" or "not asked", what was found ("" where all is as it should be), why it matters, and what to do. label:
 * NULL: it has none. -ESRCH: it ended meanwhile. */
int verify_run(const RunState *state, const Spec *spec, const Label *label, char ***ret,
	Error **ret_error);
