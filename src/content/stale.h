/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stale containers: those that still run files of /usr which an update of the host replaced.
 */
#pragma once

#include <stdbool.h>

#include "engine/keep/processes.h"

/* When, in seconds since the epoch, a file of /usr may have been replaced last: containers that started later cannot be stale. To look at all the
 * processes of one costs a millisecond. */
int64_t stale_last_change(void);

/* Whether one of the processes has a file of /usr mapped that was replaced. */
bool stale_check(const Processes *processes);
