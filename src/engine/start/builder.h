/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The helper process that builds the container's root.
 */
#pragma once

#include "engine/engine.h"

typedef struct Builder {
	const Spec *spec;
	const Label *label;
	pid_t pid; /* of the payload, who waits */
	int pidfd;
	int userns_fd; /* its user namespace; -EBADF: the host's */
	int program_fd; /* detached mount of the program it will execute; -EBADF: none */
	int socket; /* the parent's end of the start protocol: STEP_BORN is awaited here, but when it was ... */
	bool born; /* ... received already */
	bool says_enter; /* there is nothing to do between the root and STEP_ENTER: it is sent in the parent's name */
	int early,
		late; /* CLONE_NEW* of namespaces that it was born in, and that it makes while we build */
} Builder;

/* Returns when the root stands; run gets the masters of its terminals. */
int builder_run(const Builder *builder, Run *run, Error **ret_error);
