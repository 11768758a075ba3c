/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stale containers: those that still run files of /usr which an update of the host replaced.
 */
#pragma once

#include <stdbool.h>

#include "engine/state.h"

/* Looks at what the container's processes have mapped, if anything of /usr changed since it started. 0, or -ENOMEM. */
int stale_check(const RunState *state, bool *ret);
