/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of engines: what can be done with a run, whatever it is made of.
 */
#pragma once

#include "engine/engine.h"
#include "engine/enter/enter-spec.h"

/* What makes runs. Namespaces are the first; a virtual machine would be another, whose Spec has a second one for what its guest makes. */
typedef struct Engine {
	const char *name;
	/* engine_start(): with a gate in the channels start() has to follow, which may be another process's. */
	int (*create)(const Spec *spec, const Label *label, const Channels *channels, Run **ret,
		Error **ret_error);
	int (*start)(Run *run, const Label *label, Error **ret_error);
	int (*enter)(const EnterSpec *spec, int *ret_status, Error **ret_error);
	int (*signal)(Run *run, int number, Error **ret_error);
	int (*freeze)(Run *run, bool freeze, Error **ret_error);
	void (*stop)(Run *run); /* run_kill() */
	int (*delete)(Run *run, Error **ret_error); /* run_end() */
	int (*usage)(const Run *run, RunUsage *ret, Error **ret_error);
	int (*console)(const Run *run); /* borrowed; -EBADF */
} Engine;

/* Which one a Spec is for. */
const Engine *engine_of(const Spec *spec);
