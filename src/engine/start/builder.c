/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The builder: engine_start() cloned me. I am in the container's pid namespace, which is what
 * makes a procfs of it; I join its ipc namespace and the staging mount namespace, and its network
 * and cgroup namespaces once it has made them, but stay in the initial user namespace: what I
 * mount, the container cannot unmount.
 * Nothing of the container runs yet. If my parent dies, the payload sees end of file and ends, and
 * as it is PID 1 of my pid namespace I am killed with it. Before I end, the root must stand, be
 * checked, and be all that is left of the staging namespace.
 *
 * I share memory and descriptors with my parent (CLONE_VM), who does nothing but wait for my end: no
 * page tables are copied, an error is simply there afterwards and so is the console's descriptor. It
 * has a deadline, and kills me then: what I open and mount may be a file system that does not answer. What is mine alone: credentials, umask, working directory, namespaces.
 */
#include "engine/start/builder.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "engine/start/dev.h"
#include "engine/start/hooks.h"
#include "engine/start/idmap.h"
#include "engine/start/kernelfs.h"
#include "engine/start/mountfd.h"
#include "engine/start/mounts.h"
#include "engine/start/protocol.h"
#include "engine/start/root-mount.h"

#define BUILDER_STACK (256u * 1024) /* bytes; paths and small structs, no recursion */
#define BUILDER_TIMEOUT 60 /* seconds until the root must stand */
#define BUILDER_END_TIMEOUT 5 /* seconds until one that was killed must have ended */

#define PROGRAM_PLACE "/dev/null" /* a file that every host has */

typedef struct BuilderCall {
	const Builder *builder;
	Root root;
	bool born; /* the payload's first word was received */
	int result;
	Error *error;
} BuilderCall;

static int join_namespaces(const Builder *builder, Error **ret_error)
{
	if (setns(builder->pidfd, CLONE_NEWNS | builder->early) < 0)
		return error_errno(ret_error, errno, "cannot join the container's namespaces");
	return 0;
}

/* Those that the payload makes while we are building. */
static int join_late_namespaces(BuilderCall *call, Error **ret_error)
{
	const Builder *builder = call->builder;
	int r = call->born ? 0 : protocol_receive(builder->socket, STEP_BORN, ret_error);

	if (r < 0)
		return r;
	call->born = true;
	if (builder->late != 0 && setns(builder->pidfd, builder->late) < 0)
		return error_errno(ret_error, errno,
			"cannot join the container's network and cgroup namespaces");
	return 0;
}

/* What needs none of the payload's late namespaces. */
static int build_files(Root *root, Error **ret_error)
{
	int r = idmap_make_own(root, ret_error);

	if (r == 0)
		r = root_open(root, ret_error);
	if (r < 0)
		return r;
	/* While nothing of ours lies over the host's directories. */
	r = mounts_open(root, ret_error);
	if (r >= 0)
		r = root_act_as_owner(root, ret_error);
	if (r < 0)
		return r;
	r = mounts_apply_early(root, ret_error);
	if (r < 0 || mounts_are_mixed(root))
		return r;
	return dev_make(root, ret_error);
}

static int build_rest(Root *root, Error **ret_error)
{
	bool mixed = mounts_are_mixed(root);
	int r = mounts_apply_late(root, ret_error);

	if (r == 0 && mixed)
		r = dev_make(root, ret_error);
	return r < 0 ? r : kernelfs_protect(root, ret_error);
}

/* The mount of the program is attached somewhere in the host's part of the staging namespace and
 * goes away with it, but for those who hold its descriptor. Detached until its last descriptor is
 * closed, it would be taken apart then, and that waits for all processors. */
static int attach_program(const Builder *builder, Error **ret_error)
{
	return builder->program_fd < 0
		       ? 0
		       : mountfd_attach(builder->program_fd, AT_FDCWD, PROGRAM_PLACE, ret_error);
}

/* They see the host's files, and the container's root where they are. */
static int run_hooks(BuilderCall *call, Error **ret_error)
{
	const HookState state = { .status = "creating", .pid = call->builder->pid };

	if (fchdir(call->root.fd) < 0)
		return error_errno(ret_error, errno, "cannot enter the container's root");
	/* What hidden paths are covered with is taken from there, but nobody needs the place any more. */
	if (call->root.mask_device != 0 && umount2("/proc", MNT_DETACH) < 0)
		return error_errno(ret_error, errno, "uncover /proc");
	return hooks_run(call->builder->spec, SPEC_HOOK_CREATE_CONTAINER, &state, false, ret_error);
}

static int build(BuilderCall *call, Error **ret_error)
{
	const Builder *builder = call->builder;
	Root *root = &call->root;
	int r;

	(void)umask(0);
	r = root_open_slave(root, ret_error);
	if (r >= 0)
		r = mounts_open_slaves(root, ret_error);
	if (r >= 0)
		r = join_namespaces(builder, ret_error);
	if (r >= 0)
		r = build_files(root, ret_error);
	if (r < 0)
		return r;
	log_step("files", "and the first mounts stand");
	r = join_late_namespaces(call, ret_error);
	if (r < 0)
		return r;
	r = build_rest(root, ret_error);
	if (r == 0 && hooks_have(builder->spec, SPEC_HOOK_CREATE_CONTAINER))
		r = run_hooks(call, ret_error);
	if (r >= 0)
		r = attach_program(builder, ret_error);
	if (r >= 0)
		r = root_enter(root, ret_error);
	if (r < 0)
		return r;
	r = kernelfs_verify(root, ret_error);
	if (r == 0)
		log_step("root", "stands, its masks are verified");
	return r;
}

/* Once the payload was let in, its end can be mine at any moment: by then all must be said. */
static int builder_main(void *data)
{
	BuilderCall *call = data;
	int r = build(call, &call->error);

	call->result = r;
	if (r == 0 && call->builder->says_enter) /* it goes on while I end and my parent wakes up */
		call->result = protocol_send(call->builder->socket, STEP_ENTER, &call->error);
	return 0;
}

/* What the builder had in hand when it ended, however that was. */
static void clean_up(BuilderCall *call)
{
	mounts_done(&call->root);
	idmap_done(&call->root);
	call->root.fd = fd_close(call->root.fd);
}

/* Children of this thread are born in the container's pid namespace until it is set back. */
static int clone_in_pid_namespace(
	BuilderCall *call, char *stack, int own_pidns_fd, int *ret_pidfd, Error **ret_error)
{
	int pidfd = -EBADF, saved;
	pid_t pid;

	if (setns(call->builder->pidfd, CLONE_NEWPID) < 0)
		return error_errno(ret_error, errno, "cannot use the container's pid namespace");
	pid = clone(builder_main, stack + BUILDER_STACK,
		CLONE_VM | CLONE_FILES | CLONE_PIDFD | SIGCHLD, call, &pidfd);
	saved = errno;
	*ret_pidfd = pidfd;
	if (setns(own_pidns_fd, CLONE_NEWPID) < 0)
		return error_errno(ret_error, errno, "cannot use our own pid namespace again");
	return pid < 0 ? error_errno(ret_error, saved, "cannot fork the builder") : 0;
}

/* With its memory ours, nothing is done here but to wait. */
static int await_builder(int pidfd, unsigned int seconds, bool *ret_ended, Error **ret_error)
{
	siginfo_t info;
	int r = deadline_reap(pidfd, deadline_in(seconds), &info);

	*ret_ended = r == 0;
	if (r == 0)
		return 0;
	(void)syscall(
		SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); /* ours, not yet waited for */
	*ret_ended = deadline_reap(pidfd, deadline_in(BUILDER_END_TIMEOUT), &info) == 0;
	if (r != -ETIMEDOUT)
		return error_errno(ret_error, -r, "cannot wait for the builder");
	return error_set(ret_error, ETIMEDOUT,
		"the container's root did not stand within %d seconds: a mount source, an image or "
		"the content is on a file system that does not answer",
		seconds);
}

int builder_run(const Builder *builder, Run *run, Error **ret_error)
{
	_cleanup_fd_ int own_pidns_fd = -EBADF;
	BuilderCall call = {
		.builder = builder,
		.born = builder->born,
		.root = {
			.spec = builder->spec,
			.fd = -EBADF,
			.label = builder->label,
			.cgroup = builder->late & CLONE_NEWCGROUP,
			.userns_fd = builder->userns_fd,
			.below_fd = -EBADF,
			.links_fd = -EBADF,
			.run = run,
		},
		.result = -ECHILD, /* what it stays at when the builder is killed */
	};
	_cleanup_fd_ int pidfd = -EBADF;
	_cleanup_free_ char *stack = NULL;
	_cleanup_error_ Error *error = NULL;
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), r;
	bool ended = true;

	call.root.owner = root_user(&call.root, 0);
	call.root.group = root_group(&call.root, 0);
	own_pidns_fd = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	if (own_pidns_fd < 0)
		return error_errno(ret_error, errno, "cannot open our own pid namespace");
	stack = aligned_alloc(64, BUILDER_STACK);
	run->terminal_fds = calloc(builder->spec->process.terminals + 1, sizeof(int));
	if (!stack || !run->terminal_fds)
		return error_oom(ret_error);
	r = clone_in_pid_namespace(&call, stack, own_pidns_fd, &pidfd, ret_error);
	if (pidfd >= 0) {
		int q = await_builder(pidfd,
			BUILDER_TIMEOUT + hooks_seconds(builder->spec, SPEC_HOOK_CREATE_CONTAINER),
			&ended, r < 0 ? NULL : ret_error);

		r = r < 0 ? r : q;
	}
	if (ended)
		clean_up(&call);
	else /* the kernel may still write what it was asked for: it must not be memory of ours */
		TAKE_PTR(stack);
	if (r < 0)
		return r;
	error = call.error;
	if (call.result == -ECHILD) {
		if (dumpable ==
			1) /* it may have died as somebody else, see root.c: memory is shared */
			(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		return error_set(ret_error, ECHILD, "the process that builds the root was killed");
	}
	if (call.result < 0)
		return error_set(ret_error, -call.result, "%s", error_message(error));
	return 0;
}
