/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text of a state file, for state.c and its tests.
 */
#pragma once

#include "engine/keep/state.h"

#define STATE_SIZE_MAX 8192u /* bytes: a dozen lines, one of them a path */

/* Cuts text up in place. -EBADMSG for anything that state_format() does not write. */
int state_parse(char *text, size_t size, RunState *ret);
int state_format(const RunState *state, char **ret, Error **ret_error);
