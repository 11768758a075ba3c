/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of restart that a renewal takes.
 */
#pragma once

#include "engine/keep/held-ports.h"

/* vsb_stop() with the published ports held; drain: seconds for who is connected to end. */
int life_stop_held(const char *name, unsigned int drain, unsigned int timeout, HeldPorts *ret,
	Error **ret_error);
/* vsb_start() of one whose published ports are held; they are given back if it cannot take them over. */
int life_start_held(const char *name, HeldPorts *held, Error **ret_error);
