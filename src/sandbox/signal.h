/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A signal to the first process of what runs.
 */
#pragma once

#include "engine/keep/state.h"

int signal_send_first(const RunState *state, int number, Error **ret_error);
