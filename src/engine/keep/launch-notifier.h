/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever launched a supervisor and waits for "ready" or for the reason why not: supervisor_launch() at the other end of a socket, a service manager
 * behind $NOTIFY_SOCKET, or both. A reason is left in LAYOUT_RUN/NAME.error, too: a service manager hands on none.
 */
#pragma once

#include "base/error.h"

typedef struct LaunchNotifier {
	const char *name; /* of the container */
	int fd; /* launch socket, or -EBADF */
} LaunchNotifier;

/* A new attempt: the last one's reason is history. */
void launch_notifier_begin(const LaunchNotifier *launcher);
void launch_notifier_ready(LaunchNotifier *launcher);
/* The reason in its file, while the caller has the run lock: nobody can delete the container meanwhile, and so leave a file that is nobody's. */
void launch_notifier_leave(const LaunchNotifier *launcher, const Error *error);
void launch_notifier_failed(LaunchNotifier *launcher, const Error *error);
