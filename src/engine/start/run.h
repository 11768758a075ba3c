/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The handle of a live container, inside the engine.
 */
#pragma once

#include "engine/start/cgroup.h"
#include "engine/engine.h"

Run *run_new(void); /* NULL without memory */
/* When its program runs: its label is seen from outside, and the hooks that follow run. */
int run_confirm_started(const Run *run, const Label *label, Error **ret_error);
/* One that its first process is in: "net". */
int run_open_namespace(const Run *run, const char *name, int *ret_fd, Error **ret_error);
/* The cgroup belongs to the run from now on. */
void run_take_cgroup(Run *run, Cgroup *cgroup);
