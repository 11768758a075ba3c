/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the end of a container's first process is followed by: nothing, or another life.
 */
#pragma once

#include <stdbool.h>

#include "engine/spec/spec.h"

typedef struct Sequel {
	int64_t ready_at, ended_at; /* clock_now_msec(): the time of day may be set meanwhile */
	unsigned int quick; /* lives in a row that were short */
} Sequel;

/* status: as from wait(2), of a container that was ready and that nobody told to end. */
bool sequel_is_start(Sequel *sequel, const SpecKeep *keep, int status);
/* Seconds until that: who asked for a reboot inside does not wait. */
uint32_t sequel_delay(const SpecKeep *keep, int status);
