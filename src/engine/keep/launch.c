/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starting a supervisor without a service manager, and cleaning up after one that was killed.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/strv.h"
#include "engine/start/attributes.h"
#include "engine/keep/control.h"
#include "engine/start/helper-environment.h"
#include "engine/keep/stale-run.h"
#include "engine/keep/lock.h"
#include "engine/keep/outcome.h"
#include "engine/keep/state.h"

#define SUPERVISOR_STACK (32u * 1024) /* bytes; until it is executed */
#define PARENT_STACK (2 * SUPERVISOR_STACK)
#define TELL_FD 3 /* the supervisor's end of the launch socket */
#define LAUNCH_TIMEOUT                                                                             \
	600 /* seconds: what a supervisor waits for until it is ready, or has undone all, is shorter */

typedef struct Launch {
	char *program;
	char **argv, **envp;
	int pair[2]; /* 0 ours, 1 the supervisor's */
} Launch;

static void launch_done(Launch *launch)
{
	free(launch->program);
	strv_free(launch->argv);
	strv_free(launch->envp);
	(void)fd_close(launch->pair[0]);
	(void)fd_close(launch->pair[1]);
}
#define _cleanup_launch_ _cleanup_(launch_done)

static int prepare(const char *name, Launch *launch, Error **ret_error)
{
	const char *const argv[] = { "virt-sandbox-supervisor", "--tell", "3", name, NULL };

	_Static_assert(TELL_FD == 3, "as in argv");
	launch->program = layout_program("virt-sandbox-supervisor");
	if (!launch->program || strv_copy(&launch->argv, (char *const *)argv) < 0 ||
		environment_of_helper(&launch->envp) < 0)
		return error_oom(ret_error);
	if (access(launch->program, X_OK) < 0)
		return error_errno(ret_error, errno, "cannot run %s", launch->program);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, launch->pair) < 0)
		return error_errno(ret_error, errno, "cannot create the launch socket");
	return 0;
}

/* The supervisor between fork and exec: in a session of its own, with nothing of the caller's. When anything fails the end of file on the socket
 * says so. */
_noreturn_ static void become_supervisor(const Launch *launch)
{
	int tell = fcntl(launch->pair[1], F_DUPFD_CLOEXEC, TELL_FD + 1);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (tell < 0 || null < 0 || attributes_reset(NULL, NULL) < 0 || chdir("/") < 0)
		_exit(EXIT_FAILURE);
	for (int i = 0; i < 3; i++) /* it tells its steps until it is ready, if any are told */
		if ((i != STDERR_FILENO || !log_on) && dup2(null, i) < 0)
			_exit(EXIT_FAILURE);
	if (dup2(tell, TELL_FD) < 0 ||
		syscall(SYS_close_range, TELL_FD + 1u, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(EXIT_FAILURE);
	(void)execve(launch->program, launch->argv, launch->envp); /* returns only on failure */
	_exit(EXIT_FAILURE);
}

/* Children that share our memory while we wait for them: nothing of it is copied. clone(2) says how the stack grows. */
static pid_t clone_and_wait(int (*function)(void *), char *stack, size_t size, Launch *launch)
{
	return clone(function, stack + size, CLONE_VM | CLONE_VFORK | SIGCHLD, launch);
}

static int supervisor_main(void *data)
{
	become_supervisor(data);
}

/* Between us and the supervisor: it ends at once, so that no long-lived caller of the library has to reap its child. */
static int parent_main(void *data)
{
	_Alignas(64) char stack[SUPERVISOR_STACK];

	_exit(setsid() < 0 || clone_and_wait(supervisor_main, stack, sizeof(stack), data) < 0
			? EXIT_FAILURE
			: EXIT_SUCCESS);
}

/* No signal may find a handler of the caller's in a process that only borrows its memory; the supervisor resets them first. */
static int spawn(Launch *launch, Error **ret_error)
{
	_cleanup_free_ char *stack = aligned_alloc(64, PARENT_STACK);
	sigset_t all, old;
	pid_t pid;
	int saved;

	if (!stack)
		return error_oom(ret_error);
	(void)sigfillset(&all); /* cannot fail, as what follows with valid sets */
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone_and_wait(parent_main, stack, PARENT_STACK, launch);
	saved = errno;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return error_errno(ret_error, saved, "fork");
	launch->pair[1] = fd_close(launch->pair[1]);
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			return error_errno(ret_error, errno, "cannot wait for a child");
	return 0;
}

/* interrupt_fd: -EINTR when it can be read. */
static int await_ready(const char *name, int fd, int interrupt_fd, Error **ret_error)
{
	_cleanup_free_ void *packet = malloc(CONTROL_PACKET_MAX);
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
		{ .fd = interrupt_fd, .events = POLLIN } };
	ControlMessage message;
	int r;

	if (!packet)
		return error_oom(ret_error);
	r = deadline_poll(p, ARRAY_SIZE(p), deadline_in(LAUNCH_TIMEOUT));
	if (r >= 0 && !p[0].revents)
		return error_set(ret_error, EINTR, "container %s: interrupted", name);
	if (r == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT,
			"container %s: its supervisor did not say within %d seconds whether it is ready; `virt-sandbox-service stop -t 0 %s` ends it",
			name, LAUNCH_TIMEOUT, name);
	if (r >= 0)
		r = control_receive(fd, CONTROL_SUPERVISOR, packet, &message);
	if (r == -ECONNRESET)
		return error_set(ret_error, ECONNRESET,
			"container %s: its supervisor died before it was ready", name);
	if (r < 0 || message.verb != CONTROL_REPLY)
		return error_set(
			ret_error, EPROTO, "container %s: invalid reply from the supervisor", name);
	if (message.errnum != 0)
		return error_set(ret_error, message.errnum, "%.*s", (int)message.size,
			(const char *)message.data);
	return 0;
}

int supervisor_launch(const char *name, int interrupt_fd, Error **ret_error)
{
	_cleanup_launch_ Launch launch = { .pair = { -EBADF, -EBADF } };
	int r = prepare(name, &launch, ret_error);

	if (r == 0)
		r = spawn(&launch, ret_error);
	return r == 0 ? await_ready(name, launch.pair[0], interrupt_fd, ret_error) : r;
}

int supervisor_reason(const char *name, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.error", name);

	int r = path ? file_read_optional(path, ret, NULL, ret_error) : error_oom(ret_error);

	return r < 0 ? r : 0;
}

void supervisor_forget(const char *name)
{
	_cleanup_free_ char *reason = layout_pathf(LAYOUT_RUN, "%s.error", name),
			    *debug = layout_pathf(LAYOUT_RUN, "%s.debug", name);

	/* Most often there is none. */
	if (reason)
		(void)unlink(reason);
	if (debug)
		(void)unlink(debug);
	outcome_forget(name);
}

int supervisor_pass_debug(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.debug", name);

	if (!path)
		return error_oom(ret_error);
	return log_on ? file_write_atomic(path, "", 0, 0600, ret_error) : 0;
}

void supervisor_take_debug(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.debug", name);

	if (path && file_exists(path))
		log_start();
}

/* Without its run directory nothing is left: a supervisor makes that first and removes it last. */
int supervisor_left_something(const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s", name);

	return path ? file_exists(path) : error_oom(ret_error);
}

int supervisor_cleanup_held(const Spec *spec, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = supervisor_left_something(spec->name, ret_error);

	if (r <= 0)
		return r;
	r = label_take_up(spec->name, &spec->label, &label, ret_error);
	return r < 0 ? r : stale_run_remove(spec, label, ret_error);
}

int supervisor_cleanup(const Spec *spec, Error **ret_error)
{
	int lock_fd = -EBADF, r = supervisor_left_something(spec->name, ret_error);

	if (r <= 0)
		return r;
	r = lock_take(spec->name, &lock_fd, NULL);
	if (r == -EBUSY)
		return error_set(ret_error, EBUSY,
			"container %s: it runs, or another command is working on it", spec->name);
	if (r < 0)
		return error_errno(ret_error, -r, "container %s: cannot take its lock", spec->name);
	r = supervisor_cleanup_held(spec, ret_error);
	lock_drop(spec->name, &lock_fd);
	return r;
}
