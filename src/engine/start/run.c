/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A live container: waiting for it, and its end.
 */
#include "engine/start/run.h"

#include <stdio.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/procstat.h"
#include "base/log.h"
#include "engine/start/hooks.h"
#include "engine/start/lease.h"
#include "engine/start/protocol.h"

#define START_TIMEOUT                                                                              \
	60 /* seconds until its program must have been executed, beside what hooks may take */
#define END_TIMEOUT 10 /* seconds until what was killed must have ended */

Run *run_new(void)
{
	Run *run = malloc(sizeof(*run));

	if (run)
		*run = (Run){ .pidfd = -EBADF,
			.proc_fd = -EBADF,
			.cgroup_fd = -EBADF,
			.cgroup_mount_fd = -EBADF,
			.gate_fd = -EBADF,
			.answer_fd = -EBADF,
			.console_fd = -EBADF };
	return run;
}

void run_take_cgroup(Run *run, Cgroup *cgroup)
{
	run->cgroup_fd = TAKE_FD(cgroup->fd);
	run->cgroup_mount_fd = TAKE_FD(cgroup->mount_fd);
	run->cgroup = TAKE_PTR(cgroup->path);
}

int run_open_namespace(const Run *run, const char *name, int *ret_fd, Error **ret_error)
{
	char path[48];
	int fd;

	(void)snprintf(path, sizeof(path), "%d/ns/%s", run->pid, name);
	fd = openat(run->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(
			ret_error, errno, "cannot open the container's %s namespace", name);
	*ret_fd = fd;
	return 0;
}

int run_confirm_started(const Run *run, const Label *label, Error **ret_error)
{
	const HookState state = { .status = "running", .pid = run->pid, .directory = "/" };
	int r = label_verify_process(label, run->proc_fd, run->pid, ret_error);

	return r < 0 ? r : hooks_run(run->spec, SPEC_HOOK_POSTSTART, &state, false, ret_error);
}

int run_release(Run *run, const Label *label, Error **ret_error)
{
	unsigned int seconds = START_TIMEOUT + hooks_seconds(run->spec, SPEC_HOOK_START_CONTAINER);
	uint64_t starttime;
	int r;

	if (write(run->gate_fd, "", 1) != 1)
		return error_errno(ret_error, errno == EPIPE ? ESRCH : errno,
			"cannot start the first process");
	r = protocol_read_failure(run->answer_fd, deadline_in(seconds), ret_error);
	/* A short command has ended by now, and left nothing that could be looked at. */
	if (r < 0 || procstat_starttime(run->pid, &starttime) < 0)
		return r;
	return run_confirm_started(run, label, ret_error);
}

int run_signal(Run *run, int number, Error **ret_error)
{
	return syscall(SYS_pidfd_send_signal, run->pidfd, number, NULL, 0) < 0
		       ? error_errno(ret_error, errno, "cannot send it signal %d", number)
		       : 0;
}

int run_freeze(Run *run, bool freeze, Error **ret_error)
{
	if (run->cgroup_fd < 0)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot freeze its processes: it has no cgroup on this host");
	return file_write_kernel(run->cgroup_fd, "cgroup.freeze", freeze ? "1" : "0", ret_error);
}

/* As from wait(2). */
static int wait_status(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0)
					   : W_EXITCODE(0, info->si_status);
}

int run_wait(Run *run, int *ret_status, Error **ret_error)
{
	siginfo_t info;
	int r = deadline_reap(run->pidfd, deadline_in(END_TIMEOUT), &info);

	if (r == -ETIMEDOUT)
		return error_set(ret_error, EBUSY,
			"process %d was killed, but has not ended within %d seconds; it waits for the kernel, or for a process that is stopped",
			(int)run->pid, END_TIMEOUT);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for the container's first process");
	run->pid = 0;
	*ret_status = wait_status(&info);
	return 0;
}

void run_kill(Run *run)
{
	if (run->cgroup_fd >= 0)
		cgroup_kill(run->cgroup_fd);
	if (run->pid > 0 && run->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, run->pidfd, SIGKILL, NULL,
			0); /* ended already: fine */
}

static int remove_cgroup(Run *run, Error **ret_error)
{
	int r = cgroup_remove(run->cgroup_mount_fd, run->cgroup, ret_error);

	if (r < 0)
		return r;
	cgroup_sweep(run->cgroup_mount_fd);
	free(TAKE_PTR(run->cgroup));
	return 0;
}

/* Once. */
static int run_hooks(Run *run, Error **ret_error)
{
	const HookState state = { .status = "stopped", .directory = "/" };
	const Spec *spec = TAKE_PTR(run->spec);

	return spec && hooks_run(spec, SPEC_HOOK_POSTSTOP, &state, true, ret_error) < 0 ? 1 : 0;
}

int run_end(Run *run, Error **ret_error)
{
	int status, r = 0;

	log_step("end", "run in cgroup %s", run->cgroup ? run->cgroup : "none");
	lease_end(run);
	/* PID 1's death is the death of its whole pid namespace, and it is reaped only after that. */
	if (run->pid > 0) {
		run_kill(run);
		r = run_wait(run, &status, ret_error);
	}
	run->pid = 0; /* a second wait would be no better */
	if (r == 0 && run->cgroup)
		r = remove_cgroup(run, ret_error);
	return r < 0 ? r : run_hooks(run, ret_error);
}

Run *run_free(Run *run)
{
	if (run)
		(void)run_end(run,
			NULL); /* what has not ended now is found by the next one of that name */
	return run_leave(run);
}

Run *run_leave(Run *run)
{
	if (!run)
		return NULL;
	for (size_t i = 0; i < run->n_clients; i++)
		(void)fd_close(run->clients[i]);
	free(run->clients);
	free(run->cgroup);
	(void)fd_close(run->answer_fd);
	(void)fd_close(run->gate_fd);
	(void)fd_close(run->cgroup_mount_fd);
	(void)fd_close(run->cgroup_fd);
	(void)fd_close(run->console_fd);
	for (size_t i = 0; i < run->n_terminal_fds; i++)
		(void)fd_close(run->terminal_fds[i]);
	free(run->terminal_fds);
	(void)fd_close(run->proc_fd);
	(void)fd_close(run->pidfd);
	free(run);
	return NULL;
}
