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
 * I share memory and descriptors with my parent, who sleeps until I have ended (CLONE_VM |
 * CLONE_VFORK): no page tables are copied, an error is simply there afterwards and so is the
 * console's descriptor. What is mine alone: credentials, umask, working directory, namespaces.
 */
#include "engine/builder.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/dev.h"
#include "engine/kernelfs.h"
#include "engine/mountfd.h"
#include "engine/mounts.h"
#include "engine/protocol.h"
#include "engine/root.h"

#define BUILDER_STACK (256u * 1024) /* bytes; paths and small structs, no recursion */

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
	if (setns(builder->pidfd, CLONE_NEWNS | CLONE_NEWIPC) < 0)
		return error_errno(ret_error, errno, "join the container's namespaces");
	return 0;
}

/* Those that the payload makes while we are building. */
static int join_late_namespaces(BuilderCall *call, Error **ret_error)
{
	const Builder *builder = call->builder;
	int namespaces = 0, r;

	r = protocol_receive(builder->socket, STEP_BORN, ret_error);
	call->born = r == 0;
	if (r < 0)
		return r;
	if (builder->own_net)
		namespaces |= CLONE_NEWNET;
	if (builder->cgroup)
		namespaces |= CLONE_NEWCGROUP;
	if (namespaces != 0 && setns(builder->pidfd, namespaces) < 0)
		return error_errno(
			ret_error, errno, "join the container's network and cgroup namespaces");
	return 0;
}

/* What needs none of the payload's late namespaces. */
static int build_files(Root *root, Error **ret_error)
{
	int r;

	r = root_open(root, ret_error);
	if (r < 0)
		return r;
	r = dev_make(root, ret_error);
	if (r < 0)
		return r;
	r = root_bind_system(root, ret_error);
	if (r < 0)
		return r;
	r = root_bind_content(root, ret_error);
	if (r < 0)
		return r;
	r = root_mount_volatile(root, ret_error);
	if (r < 0)
		return r;
	r = root_bind_shared(root, ret_error);
	if (r < 0)
		return r;
	return mounts_apply(root, ret_error);
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

static int build(BuilderCall *call, Error **ret_error)
{
	const Builder *builder = call->builder;
	Root *root = &call->root;
	int r;

	(void)umask(0);
	r = join_namespaces(builder, ret_error);
	if (r < 0)
		return r;
	r = build_files(root, ret_error);
	if (r < 0)
		return r;
	r = join_late_namespaces(call, ret_error);
	if (r < 0)
		return r;
	r = kernelfs_make(root, builder->own_net, builder->cgroup, ret_error);
	if (r < 0)
		return r;
	r = attach_program(builder, ret_error);
	if (r < 0)
		return r;
	r = root_enter(root, ret_error);
	if (r < 0)
		return r;
	return kernelfs_verify(root, builder->own_net, ret_error);
}

static int builder_main(void *data)
{
	BuilderCall *call = data;

	call->result = build(call, &call->error);
	call->root.fd = fd_close(call->root.fd);
	return 0;
}

/* Children of this thread are born in the container's pid namespace until it is set back. */
static pid_t clone_in_pid_namespace(BuilderCall *call, int own_pidns_fd, Error **ret_error)
{
	_Alignas(64) char stack[BUILDER_STACK];
	pid_t pid;
	int saved;

	if (setns(call->builder->pidfd, CLONE_NEWPID) < 0)
		return error_errno(ret_error, errno, "use the container's pid namespace");
	pid = clone(builder_main, stack + sizeof(stack),
		CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, call);
	saved = errno;
	if (setns(own_pidns_fd, CLONE_NEWPID) < 0)
		return error_errno(ret_error, errno, "use our own pid namespace again");
	if (pid < 0)
		return error_errno(ret_error, saved, "fork the builder");
	return pid;
}

/* The builder dies with the payload, whose last words it had no time to hear. */
static int explain_death(const BuilderCall *call, Error **ret_error)
{
	int r = call->born ? 0 : protocol_receive(call->builder->socket, STEP_BORN, ret_error);

	return r < 0 ? r
		     : error_set(ret_error, ECHILD, "the process that builds the root was killed");
}

int builder_run(const Builder *builder, int *ret_console_fd, Error **ret_error)
{
	_cleanup_fd_ int own_pidns_fd = -EBADF;
	BuilderCall call = {
		.builder = builder,
		.root = {
			.spec = builder->spec,
			.fd = -EBADF,
			.userns_fd = builder->userns_fd,
			.owner = builder->spec->desc->id_base,
			.console_fd = -EBADF,
		},
		.result = -ECHILD, /* what it stays at when the builder is killed */
	};
	_cleanup_fd_ int console_fd = -EBADF;
	_cleanup_error_ Error *error = NULL;
	pid_t pid;
	int status;

	own_pidns_fd = open("/proc/self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	if (own_pidns_fd < 0)
		return error_errno(ret_error, errno, "open our own pid namespace");
	pid = clone_in_pid_namespace(&call, own_pidns_fd, ret_error);
	if (pid < 0)
		return pid;
	console_fd = call.root.console_fd;
	error = call.error;
	if (waitpid(pid, &status, 0) < 0)
		return error_errno(ret_error, errno, "wait for the builder");
	if (call.result == -ECHILD)
		return explain_death(&call, ret_error);
	if (call.result < 0)
		return error_set(ret_error, -call.result, "%s", error_message(error));
	*ret_console_fd = TAKE_FD(console_fd);
	return 0;
}
