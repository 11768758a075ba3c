/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's first process, from clone to exec.
 */
#pragma once

#include "engine/engine.h"
#include "engine/start/cgroup-v1.h"

typedef struct Payload {
	const Spec *spec;
	const Label *label;
	const Channels *channels;
	int program_fd; /* from program_open() */
	int socket; /* its end of the start protocol */
	int parent_fd; /* a pidfd of who clones it; closed by exec */
	int proc_fd; /* a checked /proc of the host; closed by exec */
	int late; /* CLONE_NEW* of the namespaces that it makes itself */
	const CgroupV1 *cgroups; /* to enter before */
} Payload;

/* Never returns: ends in the program, or says why not and ends. */
void payload_main(const Payload *payload) _noreturn_;
