/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of running containers, on disk in LAYOUT_RUN/NAME/, written by the supervisor, read by everybody: what `list` needs without asking
 * a process. And the supervisor's control socket.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/spec/spec.h"

typedef enum RunPhase {
	RUN_STOPPED, /* no supervisor */
	RUN_STARTING,
	RUN_RUNNING,
	RUN_STOPPING,
	RUN_CREATED, /* all is built and PID 1 waits to be started: a foreign keeper's, or a domain started paused */
	_RUN_PHASE_MAX,
} RunPhase;

typedef enum RunHealth {
	HEALTH_NONE, /* nobody checks it */
	HEALTH_STARTING, /* the first answer is still missing */
	HEALTH_GOOD,
	HEALTH_BAD,
	_RUN_HEALTH_MAX,
} RunHealth;

const char *run_health_name(RunHealth health); /* "none", "starting", "healthy", "unhealthy" */
const char *run_phase_name(
	RunPhase phase); /* "stopped", "starting", "running", "stopping", "created" */

typedef struct RunState {
	RunPhase phase;
	pid_t supervisor; /* without one: PID 1 itself */
	/* Start times are field 22 of /proc/PID/stat, so that a reused pid is not taken for ours. */
	uint64_t supervisor_starttime;
	pid_t pid; /* PID 1 of the container */
	uint64_t starttime;
	RunHealth health;
	int64_t since; /* seconds since the epoch when it became running */
	char *address;
	char *cgroup; /* absolute directory, NULL without */
	char *network_lost; /* why it has none just now; NULL: as it should be */
	char *version; /* of the supervisor; NULL: one that did not write it down, before 0.1.1 */
} RunState;

void run_state_done(RunState *state);
#define _cleanup_run_state_ _cleanup_(run_state_done)

/* Reads the state; a supervisor that no longer lives is RUN_STOPPED whatever the file says. */
int run_state_load(const char *name, RunState *ret, Error **ret_error);
int run_state_save(const char *name, const RunState *state, Error **ret_error);

/* Opens a pidfd of the container's PID 1 and checks its start time. -ESRCH when it does not run. */
int run_state_pidfd(const RunState *state, int *ret_pidfd, Error **ret_error);

/* The text of a state file. */
#define STATE_SIZE_MAX 8192u /* bytes: a dozen lines, one of them a path */

/* Cuts text up in place. -EBADMSG for anything that state_format() does not write. */
int state_parse(char *text, size_t size, RunState *ret);
int state_format(const RunState *state, char **ret, Error **ret_error);

/* Starts the supervisor of a defined container without a service manager and waits until it says ready or fails with its sentence. interrupt_fd, which may
 * be negative: -EINTR when it can be read; the supervisor goes on. */
int supervisor_launch(const char *name, int interrupt_fd, Error **ret_error);
/* Asks the supervisor to shut the container down and waits until all is gone. timeout in seconds before it is killed (0: kill at once); one whose
 * supervisor does not do that is killed by us, and leaves what supervisor_cleanup() removes. */
int supervisor_stop(const char *name, unsigned int timeout, Error **ret_error);
/* New limits for the running container. */
int supervisor_set_resources(const char *name, const SpecResources *resources, Error **ret_error);
/* What the console said last (at most 64 KiB), for messages. */
int supervisor_console_tail(const char *name, char **ret, Error **ret_error);
/* Calls with what the console said last (true), then with what it says, until the container ends or call fails. */
int supervisor_console_follow(const char *name, int (*call)(const char *, size_t, bool, void *),
	void *data, Error **ret_error);
/* Attaches the caller's 0,1,2 to a terminal, 0: the console; the key leaves, 0: ^]. */
int supervisor_console_attach(const char *name, uint32_t terminal, char key, Error **ret_error);
/* Publishes these ports of a running container, and no others. */
int supervisor_publish(const char *name, char *const *list, Error **ret_error);
/* What it runs with from now on, see live-change.h. */
int supervisor_change(const char *name, const Spec *spec, Error **ret_error);
/* Its first process was held, and runs its program now. */
int supervisor_release(const char *name, Error **ret_error);
/* The sockets of its published ports, which nobody comes in by from now on: "FD PUBLICATION" in its table, a line each. */
int supervisor_hold(const char *name, char **ret, Error **ret_error);
/* Says anew who may reach it and whom it may reach, as net/reach-rule.h has it. */
int supervisor_reach(
	const char *name, char *const *allowed, char *const *egress, Error **ret_error);
/* Says anew what its resolv.conf has in place of the host's, as SpecCopy's lines. */
int supervisor_resolver(const char *name, char *const *lines, Error **ret_error);
/* The units inside reload their configuration; a command's process gets SIGHUP. */
int supervisor_reload(const char *name, Error **ret_error);
/* Why the last start failed, for one that went through a service manager, which hands on no sentence; *ret NULL when it did not. */
int supervisor_reason(const char *name, char **ret, Error **ret_error);
/* Through a service manager comes no environment either: that steps are told (base/log.h) is a file, which the next supervisor of that name
 * finds. */
int supervisor_pass_debug(const char *name, Error **ret_error);
void supervisor_take_debug(const char *name);
/* Forgets both: the container is deleted, or a new supervisor has begun. */
void supervisor_forget(const char *name);
/* Removes what a supervisor that was killed left: cgroup, links, state. Called by the next command. Idempotent; nothing to do is success. -EBUSY: there is
 * a supervisor. */
int supervisor_cleanup(const Spec *spec, Error **ret_error);
/* The same for who holds the container's lock (engine/lock.h). */
int supervisor_cleanup_held(const Spec *spec, Error **ret_error);
/* 1: there is a run directory, of one that runs or of one that was killed; 0: nothing is left. */
int supervisor_left_something(const char *name, Error **ret_error);
