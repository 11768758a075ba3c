/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A verb in a process of its own. Between the caller and that process stands a guard: when the caller cancels, or has died, it ends the verb, and undoes what that
 * has begun as the next command would.
 */
#include "sandbox/task.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/signals.h"
#include "base/strv.h"
#include "sandbox/handle.h"
#include "sandbox/worker.h"

struct vsb_task {
	vsb_task_work work;
	void *data;
	pid_t pid; /* of the guard; 0: it has ended */
	int fd;
	bool cancelled;
};

static _Thread_local Worker *listener; /* in the process of a task alone */

void task_progress(const char *what, size_t done, size_t all, void *unused)
{
	(void)unused;
	if (listener)
		worker_progress(listener, what, done, all);
}

void task_step(const char *what, const char *name)
{
	char text[128];

	if (!listener)
		return;
	(void)snprintf(text, sizeof(text), "%s %s", what, name); /* names are shorter */
	worker_step(listener, text);
}

/* The guard's child, with a process group of its own, so that what it runs ends with it. */
_noreturn_ static void work_main(Worker *worker, const vsb_task *task)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	_cleanup_error_ Error *error = NULL;
	sigset_t asked;
	int r;

	(void)setpgid(0, 0); /* a new process is no leader of a session */
	(void)sigemptyset(&asked);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		(void)signal(numbers[i], SIG_DFL);
		(void)sigaddset(&asked, numbers[i]);
	}
	(void)pthread_sigmask(SIG_UNBLOCK, &asked, NULL);
	listener = worker;
	r = task->work(task_progress, NULL, task->data, &error);
	worker_end(worker, r, r < 0 ? error_message(error) : "");
	_exit(0);
}

/* Until it has ended; true: it was told to. */
static bool watch_work(const Worker *worker, pid_t pid)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		{ .fd = worker_fd(worker), .events = POLLIN } };

	while (pidfd >= 0 && !fds[0].revents && !fds[1].revents)
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			break;
	if (!fds[0].revents && kill(-pid, SIGTERM) < 0) /* nobody has waited for it */
		(void)kill(pid, SIGTERM); /* it has no group yet */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return !fds[0].revents;
}

/* I am the guard: a fork of the caller, who may be interrupted at a terminal, which is not for me. What the work said of its end, it said before me. */
static int guard(Worker *worker, void *data, Error **ret_error)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	Signals signals;
	int r = signals_take(&signals, numbers, ret_error);
	pid_t pid = r < 0 ? -1 : fork();

	if (pid == 0)
		work_main(worker, data);
	if (pid < 0)
		return r < 0 ? r : error_errno(ret_error, errno, "cannot create a process");
	(void)setpgid(pid, pid); /* whoever of us is first */
	if (!watch_work(worker, pid))
		return error_set(ret_error, EIO, "the process that does it has died");
	(void)sandbox_begin_work(NULL); /* what cannot be undone now is the next command's */
	return error_set(ret_error, ECANCELED, "cancelled");
}

PUBLIC int vsb_task_new(vsb_task_work work, void *data, vsb_task **ret, vsb_error **error)
{
	vsb_task *task = calloc(1, sizeof(*task));
	int r;

	if (!task)
		return error_oom(error);
	*task = (vsb_task){ .work = work, .data = data, .fd = -EBADF };
	r = worker_begin(guard, task, &task->pid, &task->fd, error);
	if (r < 0)
		free(task);
	else
		*ret = task;
	return r;
}

PUBLIC int vsb_task_fd(const vsb_task *task)
{
	return task->fd;
}

PUBLIC int vsb_task_dispatch(
	vsb_task *task, vsb_progress progress, void *data, bool *ret_ended, vsb_error **error)
{
	_cleanup_strv_ char **notes = NULL;
	_cleanup_error_ Error *failure = NULL;
	int code = 0;

	if (task->pid == 0)
		return error_set(error, EALREADY, "the task has ended already");
	*ret_ended = worker_hear(task->fd, progress, data, &notes, &code, &failure) > 0;
	if (!*ret_ended)
		return 0;
	while (waitpid(task->pid, NULL, 0) < 0 && errno == EINTR)
		;
	task->pid = 0;
	if (code < 0 && task->cancelled)
		return error_set(error, ECANCELED, "cancelled");
	if (code < 0 && error)
		*error = TAKE_PTR(failure);
	return code;
}

PUBLIC void vsb_task_cancel(vsb_task *task)
{
	task->cancelled = true;
	(void)shutdown(task->fd, SHUT_WR); /* again: nothing */
}

PUBLIC void vsb_task_free(vsb_task *task)
{
	bool ended = !task || task->pid == 0;

	if (!task)
		return;
	vsb_task_cancel(task);
	while (!ended)
		(void)vsb_task_dispatch(task, NULL, NULL, &ended, NULL);
	(void)fd_close(task->fd);
	free(task);
}
