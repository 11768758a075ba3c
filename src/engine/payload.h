/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's first process, from clone to exec.
 */
#pragma once

#include "engine/engine.h"
#include "engine/program.h"

typedef struct Payload {
	const EngineSpec *spec;
	const Program *program;
	int socket; /* its end of the start protocol */
	int proc_fd; /* a checked /proc of the host; closed by exec */
	bool own_net;
	bool cgroup; /* it was born in its cgroup and makes a cgroup namespace of it */
} Payload;

/* Never returns: ends in the program, or says why not and ends. */
void payload_main(const Payload *payload) _noreturn_;
