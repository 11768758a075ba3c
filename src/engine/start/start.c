/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a container: the parent's story. Three processes take part: we, in the host's
 * namespaces; the payload (payload.c), who becomes PID 1 of the container; the builder
 * (builder.c), who makes its root while it waits.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/procstat.h"
#include "engine/start/builder.h"
#include "engine/start/cgroup.h"
#include "engine/engine.h"
#include "engine/start/idmap.h"
#include "engine/start/hooks.h"
#include "engine/start/lease.h"
#include "engine/start/limits.h"
#include "engine/start/links-program.h"
#include "engine/start/namespaces.h"
#include "engine/start/namespace-owner.h"
#include "engine/start/payload.h"
#include "engine/start/program.h"
#include "engine/start/protocol.h"
#include "engine/start/refuse.h"
#include "engine/start/run.h"
#include "engine/start/scheduling.h"

#define BORN_NAMESPACES (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWTIME)
#define ENTER_TIMEOUT 60 /* seconds from a finished root to the exec of the first program */

/* What a start has in hand until it becomes a Run. */
typedef struct Start {
	const Spec *spec;
	const Label *label;
	const Channels *channels;
	int namespaces; /* CLONE_NEW* of those that are the container's */
	uid_t owner_id; /* host id of its root */
	bool links; /* the network has a host side, which must go if the start fails */
	bool born; /* the payload's first word was received */
	int program_fd;
	Cgroup cgroup;
	CgroupV1 cgroups; /* what hides those of the host */
	Owner owner; /* of the user namespace, as long as we are it */
	int staging_fd; /* keeps the staging mount namespace alive, see release_payload() */
	int pair[2]; /* of the start protocol, by Side */
	Run *run;
} Start;

static void start_done(Start *start)
{
	run_free(start->run);
	(void)owner_back(&start->owner, NULL);
	/* The error to tell is the one that brought us here. */
	if (start->links)
		(void)links_detach(start->spec, NULL);
	(void)fd_close(start->program_fd);
	cgroup_done(&start->cgroup);
	cgroup_v1_done(&start->cgroups);
	(void)fd_close(start->staging_fd);
	(void)fd_close(start->pair[SIDE_PARENT]);
	(void)fd_close(start->pair[SIDE_PAYLOAD]);
}
#define _cleanup_start_ _cleanup_(start_done)

static int check_spec(const Spec *spec, const Channels *channels, Error **ret_error)
{
	bool waits = spec->keep.keeper == SPEC_KEEPER_FOREIGN || spec->keep.held;

	if (waits != (channels->gate >= 0))
		return error_set(ret_error, EINVAL,
			"cannot start the container: with a foreign keeper it is created, and started by another call");
	if (geteuid() != 0)
		return error_set(ret_error, EPERM, "starting a container needs root");
	return refuse_unsupported(spec, ret_error);
}

static int prepare(Start *start, Error **ret_error)
{
	int r;

	start->run = run_new();
	if (!start->run)
		return error_oom(ret_error);
	r = procstat_open_root(&start->run->proc_fd, ret_error);
	if (r >= 0)
		r = program_open(&start->spec->process, &start->program_fd, ret_error);
	if (r < 0)
		return r;
	log_step("cgroup", "of %s", start->spec->name);
	r = cgroup_make(
		start->spec, start->owner_id, start->run->proc_fd, &start->cgroup, ret_error);
	if (r == 0)
		r = cgroup_v1_open(start->spec, start->run->proc_fd, &start->cgroups, ret_error);
	if (r < 0)
		return r;
	r = label_prepare(
		start->label, ret_error); /* the payload has no privilege over labels any more */
	return r < 0 ? r : protocol_open(start->pair, ret_error);
}

/* Of a cgroup, the one that it was put in must be there first. */
static int late_namespaces(const Start *start)
{
	int late = namespaces_new(&start->spec->namespaces) & (CLONE_NEWNET | CLONE_NEWCGROUP);

	return start->cgroup.fd < 0 ? late & ~CLONE_NEWCGROUP : late;
}

static int clone_payload(Start *start, Error **ret_error)
{
	_cleanup_fd_ int parent_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct clone_args args = {
		.flags = (__u64)(namespaces_new(&start->spec->namespaces) & BORN_NAMESPACES) |
			 CLONE_PIDFD,
		.pidfd = (__u64)(uintptr_t)&start->run->pidfd,
		.exit_signal = SIGCHLD,
	};
	Payload payload = {
		.spec = start->spec,
		.label = start->label,
		.channels = start->channels,
		.program_fd = start->program_fd,
		.socket = start->pair[SIDE_PAYLOAD],
		.parent_fd = parent_fd,
		.proc_fd = start->run->proc_fd,
		.late = late_namespaces(start),
		.cgroups = &start->cgroups,
	};
	long pid;

	if (parent_fd < 0)
		return error_errno(ret_error, errno, "cannot open a pidfd of this process");
	if (start->cgroup.fd >=
		0) { /* born there: moving a process later stops every fork on the host for a moment */
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (__u64)start->cgroup.fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return error_errno(ret_error, errno,
			"cannot create the container's first process and namespaces");
	if (pid == 0) {
		(void)close(
			start->pair[SIDE_PARENT]); /* or our death would never be its end of file */
		payload_main(&payload);
	}
	start->run->pid = (pid_t)pid;
	log_step("clone", "first process %d of %s", (int)pid, start->spec->name);
	start->pair[SIDE_PAYLOAD] = fd_close(start->pair[SIDE_PAYLOAD]);
	return 0;
}

typedef struct SavedContext {
	int namespace_fd, root_fd, cwd_fd;
} SavedContext;

static void whereabouts_done(SavedContext *w)
{
	(void)fd_close(w->namespace_fd);
	(void)fd_close(w->root_fd);
	(void)fd_close(w->cwd_fd);
}

static int remember_whereabouts(SavedContext *ret, Error **ret_error)
{
	ret->namespace_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	ret->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ret->cwd_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->namespace_fd < 0 || ret->root_fd < 0 || ret->cwd_fd < 0)
		return error_errno(
			ret_error, errno, "cannot remember the mount namespace and directory");
	return 0;
}

/* Joining a mount namespace goes to its root; the caller may have been in a directory, or changed
 * its root. */
static int restore_context(const SavedContext *w, Error **ret_error)
{
	if (setns(w->namespace_fd, CLONE_NEWNS) < 0 || fchdir(w->root_fd) < 0 || chroot(".") < 0 ||
		fchdir(w->cwd_fd) < 0)
		return error_errno(
			ret_error, errno, "cannot return to the mount namespace we came from");
	return 0;
}

/* The payload is born in a private copy of our mount namespace: the staging namespace, which the
 * builder joins and makes the container's. We leave it at once and are as before. */
static int clone_payload_in_staging(Start *start, Error **ret_error)
{
	_cleanup_(whereabouts_done) SavedContext back = { -EBADF, -EBADF, -EBADF };
	_cleanup_error_ Error *error = NULL;
	int r, s;

	r = remember_whereabouts(&back, ret_error);
	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNS) < 0)
		return error_errno(ret_error, errno, "cannot create a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		r = error_errno(
			ret_error, errno, "cannot make the staging mount namespace private");
	if (r == 0)
		r = clone_payload(start, ret_error);
	s = restore_context(&back, r < 0 ? &error : ret_error);
	return r < 0 ? r : s;
}

static int map_ids(Start *start, Error **ret_error)
{
	const struct {
		const char *file;
		const SpecIdMap *map;
	} files[] = { { "uid_map", &start->spec->users }, { "gid_map", &start->spec->groups } };
	char path[32];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = idmap_format(files[i].map);
		int r;

		if (!text)
			return error_oom(ret_error);
		(void)snprintf(path, sizeof(path), "%d/%s", start->run->pid, files[i].file);
		r = file_write_kernel(start->run->proc_fd, path, text, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "cannot map the container's user ids");
	}
	return 0;
}

/* Namespaces of others are joined here, in the initial user namespace; the payload is born in them. */
static int clone_payload_in_joined(Start *start, Error **ret_error)
{
	SavedNamespaces saved;
	int r = namespaces_join(&start->spec->namespaces, &saved, ret_error), s;

	if (r < 0)
		return r;
	r = clone_payload_in_staging(start, ret_error);
	s = namespaces_restore(&saved, r < 0 ? NULL : ret_error);
	return r < 0 ? r : s;
}

static int limit_payload(Start *start, Error **ret_error)
{
	pid_t pid = start->run->pid;
	int r = limits_apply(start->spec, start->run->proc_fd, pid, ret_error);

	return r < 0 ? r : scheduling_apply(&start->spec->scheduling, pid, ret_error);
}

/* In the owner's name, who may do to the new namespace what root may not everywhere: raise limits without CAP_SYS_RESOURCE. */
static int make_payload(Start *start, Error **ret_error)
{
	int r;

	if (!(start->namespaces & CLONE_NEWUSER)) {
		r = clone_payload_in_joined(start, ret_error);
		return r < 0 ? r : limit_payload(start, ret_error);
	}
	r = owner_become(start->owner_id, &start->owner, ret_error);
	if (r >= 0)
		r = clone_payload_in_joined(start, ret_error);
	if (r >= 0)
		r = map_ids(start, ret_error);
	if (r < 0)
		return r;
	r = limit_payload(start, ret_error);
	return r < 0 ? r : owner_back(&start->owner, ret_error);
}

/* When all namespaces are there: who has no such hook waits for that only in the builder, with the root half made. */
static int run_create_hooks(Start *start, Error **ret_error)
{
	int socket = start->pair[SIDE_PARENT], r;

	start->run->spec = start->spec;
	if (!hooks_have(start->spec, SPEC_HOOK_CREATE_RUNTIME))
		return 0;
	r = protocol_await(socket, deadline_in(ENTER_TIMEOUT), ret_error);
	if (r == 0)
		r = protocol_receive(socket, STEP_BORN, ret_error);
	if (r < 0)
		return r;
	start->born = true;
	return hooks_run(start->spec, SPEC_HOOK_CREATE_RUNTIME,
		&(HookState){ .status = "creating", .pid = start->run->pid, .directory = "/" },
		false, ret_error);
}

static int build_root(Start *start, Error **ret_error)
{
	_cleanup_fd_ int userns_fd = -EBADF;
	Builder builder = {
		.spec = start->spec,
		.pid = start->run->pid,
		.born = start->born,
		.pidfd = start->run->pidfd,
		.socket = start->pair[SIDE_PARENT],
		.label = start->label,
		.program_fd = start->program_fd,
		.says_enter = start->spec->n_networks == 0,
		.userns_fd = -EBADF,
		.early = start->namespaces & (CLONE_NEWIPC | CLONE_NEWUTS),
		.late = (start->namespaces & CLONE_NEWNET) | late_namespaces(start),
	};
	int r;

	if (start->namespaces & CLONE_NEWUSER)
		r = run_open_namespace(start->run, "user", &userns_fd, ret_error);
	else
		r = 0;
	if (r >= 0)
		r = run_open_namespace(start->run, "mnt", &start->staging_fd, ret_error);
	if (r < 0)
		return r;
	builder.userns_fd = userns_fd;
	log_step("build", "root of %s", start->spec->name);
	return builder_run(&builder, start->run, ret_error);
}

static int attach_network(Start *start, Error **ret_error)
{
	_cleanup_fd_ int netns_fd = -EBADF;
	int r;

	if (start->spec->n_networks == 0)
		return 0;
	log_step("network", "%zu links of %s", start->spec->n_networks, start->spec->name);
	r = run_open_namespace(start->run, "net", &netns_fd, ret_error);
	if (r < 0)
		return r;
	r = links_attach(start->spec, netns_fd, ret_error);
	start->links = r == 0;
	return r < 0 ? r : lease_take(start->spec, start->run, netns_fd, ret_error);
}

/* The first process may die while others work on it and its namespaces. What they meet then is a sequel: what it said of its end is told. */
static int build(Start *start, Error **ret_error)
{
	_cleanup_error_ Error *error = NULL;
	int r = make_payload(start, &error), said;

	if (r >= 0)
		r = run_create_hooks(start, &error);
	if (r >= 0)
		r = build_root(start, &error);
	if (r >= 0)
		r = attach_network(start, &error);
	if (r >= 0)
		return r;
	said = protocol_take_failure(start->pair[SIDE_PARENT], ret_error);
	if (said < 0)
		return said;
	if (ret_error)
		*ret_error = TAKE_PTR(error);
	return r;
}

/* Says go, and believes it is there only when exec closed the socket and the label was seen from
 * outside. */
static int release_payload(Start *start, Error **ret_error)
{
	int socket = start->pair[SIDE_PARENT], r = 0;

	if (start->spec->n_networks > 0) /* or the builder has said it */
		r = protocol_send(socket, STEP_ENTER, ret_error);
	if (r < 0)
		return r;
	r = protocol_wait_end(socket,
		deadline_in(ENTER_TIMEOUT + hooks_seconds(start->spec, SPEC_HOOK_START_CONTAINER)),
		ret_error); /* exec or death */
	if (r < 0)
		return error_wrap(ret_error, "cannot start the container's first process");
	r = protocol_receive(socket, STEP_READY, ret_error);
	if (r >= 0)
		r = protocol_receive_exec(socket, ret_error);
	if (r < 0)
		return r;
	log_step("executed", "first program of %s", start->spec->name);
	/* Taking a mount namespace apart waits for all processors. Without our descriptor the
	 * payload would have done it, when it left for its own. */
	start->staging_fd = fd_close(start->staging_fd);
	return start->channels->gate >= 0
		       ? 0
		       : run_confirm_started(start->run, start->label, ret_error);
}

int engine_start(const Spec *spec, const Label *label, const Channels *channels, Run **ret,
	Error **ret_error)
{
	_cleanup_start_ Start start = {
		.spec = spec,
		.label = label,
		.channels = channels,
		.namespaces = namespaces_own(&spec->namespaces),
		.owner_id = owner_of(spec),
		.program_fd = -EBADF,
		.cgroup = { .fd = -EBADF, .mount_fd = -EBADF },
		.staging_fd = -EBADF,
		.pair = { -EBADF, -EBADF },
	};
	int r;

	log_step("start", "%s", spec->name);
	r = check_spec(spec, channels, ret_error);
	if (r >= 0)
		r = prepare(&start, ret_error);
	if (r >= 0)
		r = build(&start, ret_error);
	if (r >= 0)
		r = release_payload(&start, ret_error);
	if (r < 0)
		return r;
	run_take_cgroup(start.run, &start.cgroup);
	start.links = false; /* the caller's, like the run */
	*ret = TAKE_PTR(start.run);
	return 0;
}
