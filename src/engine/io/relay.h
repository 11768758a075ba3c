/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the caller's descriptors 0, 1, 2 and a process in a container: pipes or a pty, never the caller's own descriptors,
 * which would be a way out. Bytes are not changed unless that is asked for; end of file, window size and signals pass.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "label/label.h"

typedef struct Relay Relay;

Relay *relay_free(Relay *relay); /* puts the terminal back */
DEFINE_CLEANUP(Relay *, relay_free)
#define _cleanup_relay_ _cleanup_(relay_freep)

/* Is a pty called for: are both 0 and 1 terminals. */
bool relay_wants_terminal(void);

/* Between these three descriptors of the caller (NULL: 0, 1 and 2) and three pipes that a container with this label may use; NULL: any process. The child's ends go to ret_child[3]; they belong to the relay, the caller hands them to the child. */
int relay_new_pipes(
	const Label *label, const int *stdio, Relay **ret, int ret_child[3], Error **ret_error);
/* Over a pty master, which is consumed. */
int relay_new_terminal(int master_fd, Relay **ret, Error **ret_error);

/* What goes to a terminal of the caller's goes there as text: nobody who looks at a log lets the container steer the terminal. */
void relay_sanitize(Relay *relay);

/* relay_run() fails with -ETIMEDOUT when the process says nothing for so long; a reader of ours may take its time. */
void relay_limit_silence(Relay *relay, unsigned int seconds);

/* After the child has its ends: closes ours of them. */
void relay_child_started(Relay *relay);

typedef enum RelayResult {
	RELAY_EXITED, /* the process ended and its output is through */
	RELAY_DETACHED, /* the detach key was typed */
} RelayResult;

/* Forwards until the process of pidfd ends (and its output is drained). Signals INT, TERM, HUP, QUIT, USR1, USR2 that reach us are sent on with
 * pidfd_send_signal. detach: ^] ends the relay and leaves the process. Terminal raw only while inside. */
int relay_run(Relay *relay, int pidfd, bool detach, RelayResult *ret, Error **ret_error);
