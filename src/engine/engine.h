/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes one process tree live: namespaces, mounts, cgroup, capabilities, seccomp, label. The caller is the parent of the
 * container's PID 1 and keeps it: the supervisor for containers, virt-sandbox itself for one command.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/spec/channels.h"
#include "engine/spec/spec.h"
#include "label/label.h"

/* A live container. */
typedef struct Run {
	const Spec *
		spec; /* borrowed, for the hooks after its end; NULL: they ran, or there is nothing that they could follow */
	pid_t pid; /* of PID 1, in the caller's pid namespace */
	int pidfd;
	int proc_fd; /* a checked /proc of the host */
	int cgroup_fd; /* the container's cgroup directory; -EBADF where there is no cgroup v2 */
	int cgroup_mount_fd; /* the cgroup2 mount of the host; -EBADF */
	int console_fd; /* master of the console; -EBADF without console. EIO from it is not its end: systemd hangs the terminal up at
	                 * boot, until it is opened again; the end is the process's */
	int *terminal_fds; /* masters of the further terminals that its Spec asks for, in their order */
	size_t n_terminal_fds;
	int gate_fd,
		answer_fd; /* where its PID 1 waits, see Channels: to be written, and read; -EBADF: nowhere that we know */
	int *clients; /* pidfds of DHCP clients that run beside it */
	size_t n_clients;
	char *cgroup; /* its path below the cgroup2 mount, for messages and state; NULL without */
} Run;

/* SIGKILL for all of it, frozen or not; waits for nothing. */
void run_kill(Run *run);
/* Kills and reaps what still runs, removes the cgroup and runs the hooks that follow. 1: all is undone, but one of those failed, and *ret_error
 * says which. -EBUSY: something has not ended in ten seconds; run_free() waits for it no longer. */
int run_end(Run *run, Error **ret_error);
Run *run_leave(Run *run); /* lets go of it: it goes on without us */
Run *run_free(Run *run); /* ends it first, as well as it can be ended */
DEFINE_CLEANUP(Run *, run_free)
#define _cleanup_run_ _cleanup_(run_freep)

/* Starts the container; returns when PID 1 has been exec'ed with label, capabilities and seccomp in place and its label was read back. The
 * caller is left in its own namespaces; it has no other threads that use its working directory. Any failure leaves nothing behind.
 * With a gate in the channels it returns when all is built and PID 1 waits there, whose parent the caller is, but need not stay. */
int engine_start(const Spec *spec, const Label *label, const Channels *channels, Run **ret,
	Error **ret_error);

/* Opens the gate, and returns as engine_start() does without one. The run is not ended on failure. */
int run_release(Run *run, const Label *label, Error **ret_error);
int run_signal(Run *run, int number, Error **ret_error);
/* Stops all of its processes in their tracks, or lets them go on. -EOPNOTSUPP without a cgroup. */
int run_freeze(Run *run, bool freeze, Error **ret_error);

/* Waits for PID 1, whose pidfd has told its end: *ret_status is as from wait(2). */
int run_wait(Run *run, int *ret_status, Error **ret_error);

/* Limits and figures of the container's cgroup. Refused with the missing controller's name where the host cannot. */
/* What a container has of them that says nothing, from the size of this host. */
SpecResources run_default_resources(void);
/* Can a controller of cgroup v2, "memory", limit a container here? */
bool run_can_limit(const char *controller);
/* All that cannot, appended to *ret. 0 or -ENOMEM. */
int run_cannot_limit(char ***ret);
int run_set_resources(int cgroup_fd, const SpecResources *resources, Error **ret_error);

#define RUN_UNCOUNTED UINT64_MAX

typedef struct RunUsage {
	/* RUN_UNCOUNTED where the host does not count */
	uint64_t memory; /* bytes now */
	uint64_t cpu_usec;
	uint64_t pids;
} RunUsage;
int run_usage(int cgroup_fd, RunUsage *ret, Error **ret_error);
