/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever started a supervisor and waits for "ready" or for the reason why not: supervisor_launch() at the other end of a socket, a service manager
 * behind $NOTIFY_SOCKET, or both. A reason is left in LAYOUT_RUN/NAME.error, too: a service manager hands on none.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

typedef struct Starter {
	const char *name; /* of the container */
	int fd; /* launch socket, or -EBADF */
} Starter;

/* A new attempt: the last one's reason is history. */
void starter_begin(const Starter *starter);
void starter_ready(Starter *starter);
/* leave: the reason in its file, too. */
void starter_failed(Starter *starter, const Error *error, bool leave);
