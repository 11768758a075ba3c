/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calling virt-sandbox-links.
 */
#include "engine/start/links-program.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/strv.h"
#include "engine/start/helper-environment.h"
#include "engine/start/protocol.h"

#define FIRST_FD LINKS_SOCKET_FD
#define FDS 3
#define LINKS_TIMEOUT 60 /* seconds: other containers' links may be made just now */

typedef struct Call {
	char *program;
	char **envp;
	const char *verb;
	int pair[2];
	int spec_fd;
	int netns_fd; /* borrowed; -EBADF: none */
} Call;

static void call_done(Call *call)
{
	free(call->program);
	strv_free(call->envp);
	(void)fd_close(call->pair[SIDE_PARENT]);
	(void)fd_close(call->pair[SIDE_PAYLOAD]);
	(void)fd_close(call->spec_fd);
}
#define _cleanup_call_ _cleanup_(call_done)

/* In memory: what a sandbox of one command is, is nowhere on disk. */
static int write_spec(const Spec *spec, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = spec_format(spec, &text, ret_error);

	if (r < 0)
		return r;
	fd = memfd_create("spec", MFD_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create a file in memory");
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_errno(
			ret_error, -r, "cannot write the specification for virt-sandbox-links");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int prepare(const Spec *spec, Call *call, Error **ret_error)
{
	int r;

	call->program = layout_program("virt-sandbox-links");
	if (!call->program || environment_of_helper(&call->envp) < 0)
		return error_oom(ret_error);
	if (access(call->program, X_OK) < 0)
		return error_errno(ret_error, errno, "cannot run %s", call->program);
	r = write_spec(spec, &call->spec_fd, ret_error);
	return r < 0 ? r : protocol_open(call->pair, ret_error);
}

/* The child between fork and exec. It dies with its parent. That it does not come to its exec, the end of file says. */
_noreturn_ static void become_program(const Call *call)
{
	const int wanted[FDS] = { call->pair[SIDE_PAYLOAD], call->spec_fd, call->netns_fd };
	char *const argv[] = { (char *)"virt-sandbox-links", (char *)call->verb, NULL };
	int safe[FDS];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		_exit(EXIT_FAILURE);
	for (int i = 0; i < FDS;
		i++) /* above them all first: none may be overwritten while it is needed */
		safe[i] = wanted[i] < 0 ? -1 : fcntl(wanted[i], F_DUPFD_CLOEXEC, FIRST_FD + FDS);
	for (int i = 0; i < FDS; i++)
		if (wanted[i] >= 0 && (safe[i] < 0 || dup2(safe[i], FIRST_FD + i) < 0))
			_exit(EXIT_FAILURE);
	if (syscall(SYS_close_range, FIRST_FD + (unsigned int)FDS, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(EXIT_FAILURE);
	(void)execve(call->program, argv, call->envp); /* returns only on failure */
	_exit(EXIT_FAILURE);
}

static int listen_to(const Call *call, int pidfd, Error **ret_error)
{
	int fd = call->pair[SIDE_PARENT];
	Deadline deadline = deadline_in(LINKS_TIMEOUT);
	siginfo_t info;
	int r = protocol_await(fd, deadline, NULL);

	if (r < 0)
		r = error_set(ret_error, ETIMEDOUT,
			"%s did not finish within %d seconds: %s the container's links",
			call->program, LINKS_TIMEOUT, call->verb);
	else
		r = protocol_receive(fd, STEP_READY, ret_error);
	if (r < 0) /* ours, and not yet waited for; it may have ended */
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	/* It has said all there was to say. One that cannot be killed is the host's PID 1's when we end. */
	(void)deadline_reap(pidfd, deadline_in(LINKS_TIMEOUT), &info);
	return r == -ECONNRESET ? error_set(ret_error, ECONNRESET, "%s died before it finished",
					  call->program)
				: r;
}

static int run(const char *verb, const Spec *spec, int netns_fd, Error **ret_error)
{
	_cleanup_call_ Call call = {
		.verb = verb, .pair = { -EBADF, -EBADF }, .spec_fd = -EBADF, .netns_fd = netns_fd
	};
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t pid;
	int r;

	log_step("helper", "virt-sandbox-links %s for %s", verb, spec->name);
	r = prepare(spec, &call, ret_error);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return error_errno(ret_error, errno, "fork");
	if (pid == 0)
		become_program(&call);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return error_errno(ret_error, errno, "cannot watch %s", call.program);
	call.pair[SIDE_PAYLOAD] = fd_close(call.pair[SIDE_PAYLOAD]);
	return listen_to(&call, pidfd, ret_error);
}

int links_attach(const Spec *spec, int netns_fd, Error **ret_error)
{
	return spec->n_networks > 0 ? run("attach", spec, netns_fd, ret_error) : 0;
}

int links_detach(const Spec *spec, Error **ret_error)
{
	return spec->n_networks > 0 ? run("detach", spec, -EBADF, ret_error) : 0;
}

int links_publish(const Spec *spec, Error **ret_error)
{
	return run("publish", spec, -EBADF, ret_error);
}

int links_hold(const Spec *spec, Error **ret_error)
{
	return run("hold", spec, -EBADF, ret_error);
}

int links_restore(const Spec *spec, Error **ret_error)
{
	return run("restore", spec, -EBADF, ret_error);
}

int links_limit(const Spec *spec, Error **ret_error)
{
	return run("limit", spec, -EBADF, ret_error);
}

int links_reach(const Spec *spec, Error **ret_error)
{
	return run("reach", spec, -EBADF, ret_error);
}

/* Our channel's other end has gone: nobody is told how that ends. */
_noreturn_ void links_become_unpublish(void)
{
	char *const argv[] = { (char *)"virt-sandbox-links", (char *)"unpublish", NULL };
	_cleanup_free_ char *program = layout_program("virt-sandbox-links");
	_cleanup_strv_ char **envp = NULL;

	if (program && environment_of_helper(&envp) == 0 && fcntl(LINKS_SOCKET_FD, F_SETFD, 0) == 0)
		(void)execve(program, argv, envp); /* returns only on failure */
	_exit(EXIT_FAILURE);
}
