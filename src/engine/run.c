/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A live container: waiting for it, and its end.
 */
#include "engine/run.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"

Run *run_new(void)
{
	Run *run = malloc(sizeof(*run));

	if (run)
		*run = (Run){ .pidfd = -EBADF,
			.proc_fd = -EBADF,
			.cgroup_fd = -EBADF,
			.cgroup_mount_fd = -EBADF,
			.console_fd = -EBADF };
	return run;
}

void run_take_cgroup(Run *run, Cgroup *cgroup)
{
	run->cgroup_fd = TAKE_FD(cgroup->fd);
	run->cgroup_mount_fd = TAKE_FD(cgroup->mount_fd);
	run->cgroup = TAKE_PTR(cgroup->path);
}

int run_wait(Run *run, int *ret_status, Error **ret_error)
{
	pid_t pid;

	do
		pid = waitpid(run->pid, ret_status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return error_errno(ret_error, errno, "wait for the container's first process");
	run->pid = 0;
	return 0;
}

Run *run_free(Run *run)
{
	int status;

	if (!run)
		return NULL;
	if (run->pid > 0) {
		/* PID 1's death is the death of its whole pid namespace, and it is reaped only
		 * after that. */
		if (run->pidfd >= 0)
			(void)syscall(SYS_pidfd_send_signal, run->pidfd, SIGKILL, NULL, 0);
		(void)run_wait(run, &status, NULL);
	}
	if (run->cgroup) {
		(void)cgroup_remove(run->cgroup_mount_fd, run->cgroup, NULL);
		cgroup_sweep(run->cgroup_mount_fd);
	}
	free(run->cgroup);
	(void)fd_close(run->cgroup_mount_fd);
	(void)fd_close(run->cgroup_fd);
	(void)fd_close(run->console_fd);
	(void)fd_close(run->proc_fd);
	(void)fd_close(run->pidfd);
	free(run);
	return NULL;
}
