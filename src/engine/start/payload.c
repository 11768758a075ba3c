/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The payload: engine_start() cloned me. I am PID 1 of a new pid namespace and have new user, ipc
 * and uts namespaces; I make the network (unless it is the host's) and the cgroup namespace
 * myself. Ids are not mapped before STEP_ENTER.
 * I share the staging mount namespace with the builder, who puts the container's root under my
 * feet while I wait. Nothing of the container's content runs before my exec. Before I end I must
 * be: in a cgroup and a mount namespace of my own, without a descriptor of the host but 0, 1, 2,
 * with the table's attributes, the label, the capabilities and the seccomp filter; or have said
 * what failed.
 */
#include "engine/start/payload.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "engine/start/attributes.h"
#include "engine/start/caps.h"
#include "engine/start/hooks.h"
#include "engine/start/limits.h"
#include "engine/start/program.h"
#include "engine/start/protocol.h"
#include "engine/start/seccomp.h"
#include "net/net.h"

#define FIRST_FREE 3 /* descriptor above 0, 1, 2 */
#define EXIT_NOT_STARTED 125 /* nobody reads it: the parent has the error */

/* The parent's death must be ours. A change of ids clears this, so it is set again after one. */
static int die_with_parent(Error **ret_error)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot set the parent death signal");
	return 0;
}

/* One that died between a change of ids and die_with_parent(). Not seen as end of file: the builder, which may live on, has the socket's other end, too. */
static int parent_lives(const Payload *payload, Error **ret_error)
{
	struct pollfd parent = { .fd = payload->parent_fd, .events = POLLIN };

	return poll(&parent, 1, 0) == 0 ? 0 : error_set(ret_error, EPIPE, "the parent has ended");
}

/* The root of a cgroup namespace is the cgroup that its maker is in, so it cannot be made before we
 * were put there. A network namespace costs the kernel more than all others together: here, it
 * is made while the builder makes files. */
static int make_late_namespaces(const Payload *payload, Error **ret_error)
{
	int r = cgroup_v1_enter(payload->cgroups, ret_error);

	if (r < 0)
		return r;
	if (payload->late != 0 && unshare(payload->late) < 0)
		return error_errno(ret_error, errno,
			"cannot create the container's network and cgroup namespaces");
	return payload->late & CLONE_NEWNET ? net_loopback_up(ret_error) : 0;
}

static int become_root_inside(Error **ret_error)
{
	/* The caller's supplementary groups would still count for access to files. */
	if (setgroups(0, NULL) < 0)
		return error_errno(ret_error, errno, "cannot drop the supplementary groups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot become root of the user namespace");
	return die_with_parent(ret_error);
}

/* Slaves are made before, out of the host's mounts. */
static int set_propagation(const char *path, SpecPropagation propagation, Error **ret_error)
{
	static const unsigned long flags[_SPEC_PROPAGATION_MAX] = {
		[SPEC_PROPAGATION_SHARED] = MS_SHARED,
		[SPEC_PROPAGATION_UNBINDABLE] = MS_UNBINDABLE,
	};

	return flags[propagation] && mount(NULL, path, NULL, MS_REC | flags[propagation], NULL) < 0
		       ? error_errno(ret_error, errno, "cannot set the propagation of %s", path)
		       : 0;
}

/* A system makes mounts of units (LoadCredential=) in namespaces below its own and expects to see them in /run. The peers are this namespace and
 * those made from it, never the host. */
static int spread_mounts(const Spec *spec, Error **ret_error)
{
	int r = set_propagation("/", spec->root.propagation, ret_error);

	for (size_t i = 0; r >= 0 && i < spec->n_mounts; i++)
		if (spec->mounts[i].target)
			r = set_propagation(
				spec->mounts[i].target, spec->mounts[i].propagation, ret_error);
	return r;
}

static int lock_mounts(const Payload *payload, Error **ret_error)
{
	/* Last of the namespaces: our user namespace is less privileged than the builder's, so the
	 * copy of what it built has every mount locked. The root is the container's already and
	 * needs no pivot. */
	if (unshare(CLONE_NEWNS) < 0)
		return error_errno(ret_error, errno, "cannot create a mount namespace");
	return spread_mounts(payload->spec, ret_error);
}

/* The root, or what the Spec names, below it as the processes inside see it. */
static int enter_directory(const Payload *payload, Error **ret_error)
{
	const char *directory = payload->spec->process.directory;

	if (chdir("/") < 0)
		return error_errno(ret_error, errno, "cannot enter the root");
	if (directory && strcmp(directory, "/") != 0 && chdir(directory) < 0)
		return error_errno(ret_error, errno, "cannot enter the directory %s", directory);
	return 0;
}

/* What can be done while the root is being built. The bounding set is of that: it limits what an
 * exec may gain, and takes nothing from us. */
static int set_attributes(const Payload *payload, Error **ret_error)
{
	const char *name = payload->spec->process.host_name,
		   *domain = payload->spec->process.domain_name;
	int r;

	if (name && sethostname(name, strlen(name)) < 0)
		return error_errno(ret_error, errno, "cannot set the host name %s", name);
	if (domain && setdomainname(domain, strlen(domain)) < 0)
		return error_errno(ret_error, errno, "cannot set the domain name %s", domain);
	if (setsid() < 0)
		return error_errno(ret_error, errno, "cannot start a session");
	r = attributes_reset(&payload->spec->scheduling, ret_error);
	if (r < 0)
		return r;
	(void)umask((mode_t)payload->spec->process.umask & 0777); /* cannot fail */
	return caps_bound(payload->spec->capabilities.bounding, ret_error);
}

/* The caller may have given all three. */
static bool needs_own(const Payload *payload)
{
	for (int i = 0; i < 3; i++)
		if (payload->channels->stdio[i] < 0)
			return true;
	return payload->spec->process.terminal;
}

static int open_standard(const Payload *payload, int fds[3], Error **ret_error)
{
	const char *path = payload->spec->process.terminal ? "/dev/console" : "/dev/null";
	_cleanup_fd_ int fd = -EBADF;

	/* O_NOCTTY: taking it as the controlling terminal is said below, where it can fail. */
	if (needs_own(payload)) {
		fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			return error_errno(ret_error, errno, "cannot open %s", path);
	}
	if (payload->spec->process.terminal && ioctl(fd, TIOCSCTTY, 0) < 0)
		return error_errno(
			ret_error, errno, "cannot take the console as controlling terminal");
	/* Above those that stay, so that no dup2() below overwrites a source that is still needed. */
	for (int i = 0; i < 3; i++) {
		int source = payload->channels->stdio[i] >= 0 ? payload->channels->stdio[i] : fd;
		fds[i] = fcntl(
			source, F_DUPFD_CLOEXEC, FIRST_FREE + (int)payload->channels->preserved);
		if (fds[i] < 0)
			return error_errno(
				ret_error, errno, "cannot duplicate standard descriptor %d", i);
	}
	return 0;
}

static int set_standard(const Payload *payload, Error **ret_error)
{
	unsigned int first = FIRST_FREE + payload->channels->preserved;
	int fds[3], r;

	r = open_standard(payload, fds, ret_error);
	if (r < 0)
		return r;
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return error_errno(
				ret_error, errno, "cannot set standard descriptor %d", i);
	/* The socket and the program's descriptor are still needed; exec closes them with all
	 * others. */
	if (syscall(SYS_close_range, first, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot close the host's descriptors");
	for (unsigned int fd = FIRST_FREE; fd < first; fd++)
		if (fcntl((int)fd, F_SETFD, 0) < 0)
			return error_errno(ret_error, errno, "cannot keep descriptor %u", fd);
	return 0;
}

static bool stays_root(const SpecProcess *process)
{
	return process->user == 0 && process->group == 0 && process->n_groups == 0;
}

/* Keeps the capabilities for caps_apply(); what an exec leaves of them is the kernel's rule for such a user. */
static int become_user(const Payload *payload, Error **ret_error)
{
	const SpecProcess *process = &payload->spec->process;
	int r;

	if (stays_root(process))
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_errno(
			ret_error, errno, "cannot keep the capabilities across a change of ids");
	if (setgroups(process->n_groups, process->groups) < 0)
		return error_errno(ret_error, errno, "cannot set the supplementary groups");
	if (setresgid(process->group, process->group, process->group) < 0)
		return error_errno(ret_error, errno, "cannot become group id %u", process->group);
	if (setresuid(process->user, process->user, process->user) < 0)
		return error_errno(ret_error, errno, "cannot become user id %u", process->user);
	r = die_with_parent(ret_error);
	/* Somebody else's filter, once it is loaded, may forbid to ask. */
	return r < 0 || seccomp_comes_early(payload->spec) ? r : parent_lives(payload, ret_error);
}

static int load_filter(const Payload *payload, Error **ret_error)
{
	return seccomp_apply(payload->spec, label_sees_old_mounts_only(payload->label), ret_error);
}

static int confine(const Payload *payload, Error **ret_error)
{
	int r;

	/* Before the capabilities go: an LSM may ask for one. */
	r = label_apply_self(payload->label, payload->proc_fd, ret_error);
	if (r < 0)
		return r;
	if (payload->spec->filter.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot forbid new privileges");
	r = seccomp_comes_early(payload->spec) ? load_filter(payload, ret_error) : 0;
	if (r < 0)
		return r;
	r = become_user(payload, ret_error);
	return r < 0 ? r : caps_apply(&payload->spec->capabilities, ret_error);
}

static int confine_hook(const Spec *spec, const void *data, Error **ret_error)
{
	return seccomp_comes_early(spec) ? 0 : load_filter(data, ret_error);
}

/* Of the container's own programs: they get the filter, too. */
static int run_hooks(const Payload *payload, Error **ret_error)
{
	const HookState state = {
		.status = "created", .pid = getpid(), .confine = confine_hook, .data = payload
	};

	return hooks_run(payload->spec, SPEC_HOOK_START_CONTAINER, &state, false, ret_error);
}

/* A foreign keeper may end now, and lets us go without a word more; somebody else opens the gate. */
static int wait_at_gate(const Payload *payload, Error **ret_error)
{
	ssize_t n;
	char byte;
	int r;

	if (payload->spec->keep.keeper == SPEC_KEEPER_FOREIGN &&
		prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot clear the parent death signal");
	r = protocol_send(payload->socket, STEP_READY, ret_error);
	if (r < 0)
		return r;
	(void)close(payload->socket);
	do
		n = read(payload->channels->gate, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0
		      : error_errno(ret_error, n < 0 ? errno : EPIPE, "cannot wait for the start");
}

static int payload_run(const Payload *payload, Error **ret_error)
{
	int r = die_with_parent(ret_error);

	if (r >= 0)
		r = make_late_namespaces(payload, ret_error);
	if (r >= 0)
		r = protocol_send(payload->socket, STEP_BORN, ret_error);
	if (r >= 0)
		r = set_attributes(payload, ret_error);
	if (r >= 0)
		r = protocol_receive(payload->socket, STEP_ENTER, ret_error);
	if (r < 0)
		return r;
	r = become_root_inside(ret_error);
	/* Not before: sysctls of the ipc namespace are its mapped root's, and the parent maps it while we set attributes. */
	if (r == 0)
		r = limits_set_sysctls(payload->spec, payload->proc_fd, ret_error);
	if (r < 0)
		return r;
	r = lock_mounts(payload, ret_error);
	if (r == 0)
		r = enter_directory(payload, ret_error);
	if (r >= 0)
		r = set_standard(payload, ret_error);
	if (r >= 0)
		r = parent_lives(payload, ret_error);
	if (r >= 0)
		r = confine(payload, ret_error);
	if (r >= 0)
		r = payload->channels->gate < 0
			    ? protocol_send(payload->socket, STEP_READY, ret_error)
			    : wait_at_gate(payload, ret_error);
	if (r >= 0)
		r = run_hooks(payload, ret_error);
	if (r < 0)
		return r;
	/* Last: all that came before would need more system calls than the container may have. */
	r = seccomp_comes_early(payload->spec) ? 0 : load_filter(payload, ret_error);
	return r < 0 ? r : program_exec(&payload->spec->process, payload->program_fd, ret_error);
}

void payload_main(const Payload *payload)
{
	_cleanup_error_ Error *error = NULL;

	log_keep_stderr();
	(void)payload_run(payload, &error);
	protocol_send_failure(payload->socket, error); /* one that is closed leads nowhere */
	if (payload->channels->answer >= 0)
		protocol_write_failure(payload->channels->answer, error);
	_exit(EXIT_NOT_STARTED);
}
