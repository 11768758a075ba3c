/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The handle of a live container, inside the engine.
 */
#pragma once

#include "engine/start/cgroup.h"
#include "engine/engine.h"

Run *run_new(void); /* NULL without memory */
/* The cgroup belongs to the run from now on. */
void run_take_cgroup(Run *run, Cgroup *cgroup);
