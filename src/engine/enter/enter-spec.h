/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What shall be run in which container.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/spec/spec.h"
#include "label/label.h"

typedef struct EnterSpec {
	const Spec *spec;
	const Label *label; /* NULL: --noseclabel */
	pid_t pid; /* PID 1 of the container, seen from here */
	int pidfd;
	char *const *argv; /* looked up in PATH inside; NULL: the user's shell, as a login shell */
	char *const *environment; /* "KEY=value" beside the fixed ones, may be NULL */
	const char *
		user; /* a name inside, a number with an entry there, or "UID:GID"; NULL: root inside */
	const char *directory; /* absolute, inside; NULL: the user's home, or "/" */
	bool background; /* neither waited for nor heard: 0, 1 and 2 are /dev/null */
	bool detach; /* ^] leaves */
	bool sanitize; /* shown to the caller, not used by him: see relay_sanitize() */
	bool terminal; /* give it a pty of the container */
	const int *
		stdio; /* the caller's three descriptors that are relayed; NULL: 0, 1 and 2. Not with terminal */
	int input_fd; /* of a captured command; 0: its input is empty */
	unsigned int capture_seconds; /* that a captured command has; 0: thirty */
	size_t *capture_size; /* NULL: not wanted */
	char **capture; /* not NULL: no relay; its stdout ends up here (at most 1 MiB) */
} EnterSpec;
