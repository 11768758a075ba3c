/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What one life of a container is made of. lifetime.c moves it from phase to phase; lifetime-requests.c changes what runs, and no phase.
 */
#pragma once

#include "engine/keep/control-server.h"
#include "engine/keep/copies.h"
#include "engine/keep/health.h"
#include "engine/keep/history.h"
#include "engine/keep/inquiry.h"
#include "engine/keep/launch-notifier.h"
#include "engine/keep/listener.h"
#include "engine/keep/network-keeper.h"
#include "engine/keep/oom-watch.h"
#include "engine/keep/publisher.h"
#include "engine/keep/readiness.h"
#include "engine/keep/run-directory.h"
#include "engine/keep/sequel.h"
#include "engine/keep/shutdown.h"
#include "engine/keep/unit-check.h"
#include "engine/keep/unit-watch.h"

typedef enum Phase {
	PHASE_STARTING, /* PID 1 runs */
	PHASE_RUNNING, /* and what the Spec calls ready has been reached */
	PHASE_STOPPING, /* told to end, or given up */
	PHASE_ENDED, /* PID 1 has ended */
} Phase;

/* What outlives a reboot stands first. */
typedef struct Lifetime {
	const char *name;
	LaunchNotifier *launcher;
	RunDirectory directory;
	Spec *spec;
	Label *label;

	Loop *loop;
	LoopWatch process;
	ControlServer server; /* the commands */
	Listener listener; /* what the container says */
	Inquiry inquiry; /* what it is asked */
	UnitCheck units;
	Health health;
	Publisher publisher;
	UnitWatch watch; /* what becomes of them later */
	OomWatch memory;
	Copies copies; /* of what the host renews */
	NetworkKeeper networks;
	LoopTimer start_timeout, hold_check;
	Sequel sequel;
	int64_t status_told; /* of notify_pass_on() */
	bool dirty; /* something could not be undone */

	Run *run;
	Phase phase;
	bool was_ready, was_told; /* to end */
	bool reboots; /* when it has ended */
	OutcomeVerdict told; /* what others know of its units */
	Shutdown shutdown;
	Error *error; /* why the start failed */
	int status; /* of PID 1, as from wait(2) */
} Lifetime;
