/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may reach a container that runs, and whom it may reach, said anew.
 */
#pragma once

#include "engine/spec/spec.h"

/* lines: as those of CONTROL_REACH. run_fd: where the specification is saved. On failure all is as before. */
int reach_say(Spec *spec, char *const *lines, int run_fd, Error **ret_error);
