/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does a running container have what its Spec says? Read from outside.
 */
#pragma once

#include "engine/keep/state.h"
#include "label/label.h"

typedef enum Verdict {
	VERDICT_HOLDS,
	VERDICT_FAILS,
	VERDICT_UNKNOWN, /* the host cannot tell, or it changed while it was read */
	VERDICT_UNASKED, /* the container was described without it */
	_VERDICT_MAX,
} Verdict;

const char *verdict_name(Verdict verdict); /* "yes", "no", "unknown", "not asked" */

/* Appends five texts for each claim: what, verdict_name(), what was found ("" where all is as it should be), why it matters, and what to do. label:
 * NULL: it has none. -ESRCH: it ended meanwhile. */
int verify_run(const RunState *state, const Spec *spec, const Label *label, char ***ret,
	Error **ret_error);
