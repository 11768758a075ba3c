/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Entering: the parent's story. A child of ours becomes virt-sandbox-enter (virt-sandbox-enter.c), which joins the container, leaves a child of its own
 * inside (become-command.c) and waits for that outside. We never enter anything.
 */
#include "engine/enter/helper.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/procstat.h"
#include "base/strv.h"
#include "engine/start/cgroup.h"
#include "engine/enter/request.h"
#include "engine/enter/sealed.h"
#include "engine/start/helper-environment.h"
#include "engine/start/protocol.h"

#define ENTER_TIMEOUT                                                                              \
	10 /* seconds until the command must be exec'ed: a container can stop who comes in */
#define STATUS_TIMEOUT 5 /* seconds until it is known how a command that has ended did so */
#define LEAVE_MSEC 500 /* until the helper has seen the end of what was killed */
#define CGROUP_FILE_MAX 65536u /* bytes of /proc/PID/cgroup */
#define FDINFO_MAX 4096u
#define EXIT_CANNOT_EXEC 126 /* as shells say it */
#define EXIT_NOT_FOUND 127
#define FD_SAFE 16 /* above every descriptor that the helper has */

/* What it takes to make the helper. */
typedef struct Entry {
	const EnterSpec *spec;
	Deadline deadline; /* of all that is waited for */
	int program_fd, request_fd, proc_fd, cgroup_fd;
	int status_end; /* the helper's */
	int pair[2]; /* by Side */
} Entry;

static void entry_done(Entry *entry)
{
	(void)fd_close(entry->program_fd);
	(void)fd_close(entry->request_fd);
	(void)fd_close(entry->proc_fd);
	(void)fd_close(entry->cgroup_fd);
	(void)fd_close(entry->status_end);
	(void)fd_close(entry->pair[SIDE_PARENT]);
	(void)fd_close(entry->pair[SIDE_PAYLOAD]);
}
#define _cleanup_entry_ _cleanup_(entry_done)

static void kill_by(int pidfd)
{
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0); /* ended already: fine */
}

/* The helper is outside, where nothing of the container's can stop or trace it. */
static void reap_helper(int *helper_fd)
{
	siginfo_t info;

	kill_by(*helper_fd);
	(void)deadline_reap(*helper_fd, deadline_in(STATUS_TIMEOUT),
		&info); /* ECHILD: our caller ignores SIGCHLD */
	*helper_fd = fd_close(*helper_fd);
}

void enter_process_leave(EnterProcess *process)
{
	if (process->helper_fd >= 0)
		reap_helper(&process->helper_fd);
	(void)fd_close(process->pidfd);
	(void)fd_close(process->status_fd);
	(void)fd_close(process->master_fd);
	*process = ENTER_PROCESS_NONE;
}

void enter_process_done(EnterProcess *process)
{
	struct pollfd end = { .fd = process->helper_fd, .events = POLLIN };

	if (process->pidfd >= 0) {
		kill_by(process->pidfd);
		/* The helper reaps it and ends, unless a tracer holds it. Killed first, it would leave that to the host's PID 1. */
		(void)deadline_poll(&end, 1, deadline_in_msec(LEAVE_MSEC));
	}
	enter_process_leave(process);
}

static int make_environment(const EnterSpec *spec, char ***ret)
{
	_cleanup_strv_ char **env = NULL;
	int r = environment_set(&env, "PATH", ENVIRONMENT_PATH);

	if (r == 0 && spec->terminal)
		r = environment_set(&env, "TERM", environment_terminal());
	if (r == 0)
		r = environment_add(&env, spec->spec->process.environment);
	if (r == 0)
		r = environment_add(&env, spec->environment);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(env);
	return 0;
}

static int write_request(const EnterRequest *request, int *ret_fd, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int fd = -EBADF;
	size_t size;
	int r;

	enter_request_format(request, &buf);
	size = buf.size;
	r = buf_take(&buf, &data, ret_error);
	if (r < 0)
		return r;
	if (size > ENTER_REQUEST_MAX)
		return error_set(ret_error, E2BIG,
			"the command and its environment are longer than %u bytes",
			ENTER_REQUEST_MAX);
	fd = memfd_create("enter-request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot allocate memory for the request");
	r = fd_write_all(fd, data, size);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot write the request");
	if (lseek(fd, 0, SEEK_SET) < 0 || sealed_seal(fd) < 0)
		return error_errno(ret_error, errno, "cannot seal the request");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int make_request(const EnterSpec *spec, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *label_text = NULL, *text = NULL;
	_cleanup_strv_ char **env = NULL;
	const char *label_file = NULL;
	EnterRequest request; /* borrows everything */
	int r = 0;

	if (spec->label) {
		r = label_prepare(spec->label, ret_error);
		if (r == 0)
			r = label_attribute(spec->label, &label_file, &label_text, ret_error);
		if (r < 0)
			return r;
	}
	r = spec_format_process(spec->spec, &text, ret_error);
	if (r < 0)
		return r;
	r = make_environment(spec, &env);
	if (r == -EINVAL)
		return error_set(ret_error, EINVAL, "an environment variable is not NAME=VALUE");
	if (r < 0)
		return error_oom(ret_error);
	request = (EnterRequest){
		.spec = text,
		.terminal = spec->terminal,
		.background = spec->background,
		.old_mounts = label_sees_old_mounts_only(spec->label),
		.user = (char *)spec->user,
		.directory = (char *)spec->directory,
		.label_file = (char *)label_file,
		.label_text = label_text,
		.argv = (char **)spec->argv,
		.envp = env,
	};
	return write_request(&request, ret_fd, ret_error);
}

/* The cgroup of PID 1: where a systemd manages cgroups of its own, no process may be in the one that they hang from. */
static int open_cgroup(int proc_fd, pid_t pid, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int mount_fd = -EBADF;
	char path[32], *line;
	int r = cgroup_open_mount(proc_fd, &mount_fd, ret_error);

	if (r == -ENOENT)
		return 0; /* a host without cgroup v2: nothing to join */
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%d/cgroup", (int)pid);
	r = fd_read_at(proc_fd, path, CGROUP_FILE_MAX, &text);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read the cgroup of process %d", (int)pid);
	line = strncmp(text, "0::", 3) == 0
		       ? text
		       : strstr(text, "\n0::"); /* cgroups(7): v2 has hierarchy 0 */
	if (!line)
		return error_set(ret_error, ENOENT, "process %d is in no cgroup v2", (int)pid);
	line = strchr(line, '/');
	if (line)
		line[strcspn(line, "\n")] = '\0';
	r = path_open_no_links(mount_fd, line ? line : "", O_PATH | O_DIRECTORY, 0);
	if (r < 0)
		return error_errno(
			ret_error, -r, "cannot open the container's cgroup %s", line ? line : "");
	*ret_fd = r;
	return 0;
}

/* By us and not by the helper, which would be in the hands of whoever freezes that cgroup. The command waits for our word, and can be killed. */
static int join_cgroup(const Entry *entry, pid_t pid, Error **ret_error)
{
	char text[16];
	int r;

	if (entry->cgroup_fd < 0)
		return 0; /* a host without cgroup v2 */
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	r = file_write_kernel(entry->cgroup_fd, "cgroup.procs", text, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot put the command into the container's cgroup")
		     : 0;
}

static int open_status(Entry *entry, EnterProcess *process, Error **ret_error)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot create a pipe");
	process->status_fd = fds[0];
	entry->status_end = fds[1];
	return 0;
}

static int prepare(Entry *entry, EnterProcess *process, Error **ret_error)
{
	int r = open_status(entry, process, ret_error);

	if (r < 0)
		return r;

	r = procstat_open_root(&entry->proc_fd, ret_error);
	if (r >= 0)
		r = open_cgroup(entry->proc_fd, entry->spec->pid, &entry->cgroup_fd, ret_error);
	if (r >= 0)
		r = sealed_program("virt-sandbox-enter", &entry->program_fd, ret_error);
	if (r < 0)
		return r;
	r = make_request(entry->spec, &entry->request_fd, ret_error);
	return r < 0 ? r : protocol_open(entry->pair, ret_error);
}

/* Where the helper would have its end of the socket. */
_noreturn_ static void helper_failed(const char *what)
{
	_cleanup_error_ Error *error = NULL;

	(void)error_errno(&error, errno, "%s", what);
	protocol_send_failure(ENTER_FD_SOCKET, error);
	_exit(EXIT_CANNOT_EXEC);
}

/* The child between fork and exec: gives each descriptor its number and becomes the helper. */
_noreturn_ static void become_helper(const Entry *entry, const int stdio[3])
{
	char *const argv[] = { (char *)"virt-sandbox-enter", NULL }, *const envp[] = {
		(char *)log_variable(), NULL
	};
	int fds[_ENTER_FD_END] = {
		stdio ? stdio[0] : -EBADF,
		stdio ? stdio[1] : -EBADF,
		stdio ? stdio[2] : -EBADF,
		[ENTER_FD_SOCKET] = entry->pair[SIDE_PAYLOAD],
		[ENTER_FD_STATUS] = entry->status_end,
		[ENTER_FD_REQUEST] = entry->request_fd,
		[ENTER_FD_PIDFD] = entry->spec->pidfd,
		[ENTER_FD_PROC] = entry->proc_fd,
	};
	int program = fcntl(entry->program_fd, F_DUPFD_CLOEXEC, FD_SAFE);
	int null = open("/dev/null",
		O_RDWR |
			O_CLOEXEC); /* until the terminal takes its place: 0, 1, 2 must not be anything else */

	/* The caller's death is ours. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* First all to above the numbers that are given out, so that none is overwritten before it was moved. */
	for (int i = 0; i < _ENTER_FD_END; i++) {
		if (i < 3 && fds[i] < 0)
			fds[i] = null;
		if (fds[i] >= 0)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_SAFE);
	}
	for (int i = 0; i < _ENTER_FD_END; i++) {
		(void)close(i);
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			_exit(EXIT_CANNOT_EXEC);
	}
	if (program < 0 ||
		syscall(SYS_close_range, (unsigned int)_ENTER_FD_END, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		helper_failed("keep the caller's descriptors from virt-sandbox-enter");
	(void)syscall(
		SYS_execveat, program, "", argv, envp, AT_EMPTY_PATH); /* returns only on failure */
	helper_failed("execute the copy of virt-sandbox-enter");
}

static int fork_helper(Entry *entry, const int stdio[3], EnterProcess *process, Error **ret_error)
{
	pid_t pid = fork();

	if (pid < 0)
		return error_errno(ret_error, errno, "fork");
	if (pid == 0)
		become_helper(entry, stdio);
	process->helper_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process->helper_fd < 0) /* without the word of ours that it waits for it ends */
		return error_errno(ret_error, errno, "cannot watch virt-sandbox-enter");
	entry->pair[SIDE_PAYLOAD] = fd_close(entry->pair[SIDE_PAYLOAD]);
	entry->status_end = fd_close(entry->status_end);
	return 0;
}

/* The pid that a pidfd stands for, as this process sees it (proc(5), fdinfo). */
static int pid_of(int proc_fd, int pidfd, pid_t *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	const char *line;
	char path[40];
	int pid, r;

	(void)snprintf(path, sizeof(path), "%d/fdinfo/%d", (int)getpid(), pidfd);
	r = fd_read_at(proc_fd, path, FDINFO_MAX, &text);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /proc/%s", path);
	line = strstr(text, "\nPid:");
	if (!line || sscanf(line, "\nPid: %d", &pid) != 1 || pid <= 0)
		return error_set(ret_error, EBADMSG, "the entered process has no pid here");
	*ret = pid;
	return 0;
}

static int await_answer(const Entry *entry, Error **ret_error)
{
	struct pollfd p = { .fd = entry->pair[SIDE_PARENT], .events = POLLIN };
	int r = deadline_poll(&p, 1, entry->deadline);

	if (r == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT,
			"the container did not let the command in within %d seconds; its processes may be frozen or stopped",
			ENTER_TIMEOUT);
	return r < 0 ? error_errno(ret_error, -r, "cannot wait for the entered process") : 0;
}

/* What was started is in process, for its cleanup, whatever fails here. */
static int let_in(Entry *entry, EnterProcess *process, Error **ret_error)
{
	int fd = entry->pair[SIDE_PARENT], r = await_answer(entry, ret_error);

	if (r >= 0)
		r = protocol_receive_fd(fd, STEP_BORN, &process->pidfd, ret_error);
	if (r < 0)
		return r;
	if (process->pidfd < 0)
		return error_set(ret_error, EPROTO, "virt-sandbox-enter gave no process");
	r = pid_of(entry->proc_fd, process->pidfd, &process->pid, ret_error);
	if (r >= 0)
		r = join_cgroup(entry, process->pid, ret_error);
	if (r < 0)
		return r;
	r = protocol_send(fd, STEP_ENTER, ret_error);
	if (r == 0)
		r = await_answer(entry, ret_error);
	if (r >= 0)
		r = protocol_receive_fd(fd, STEP_READY, &process->master_fd, ret_error);
	if (r < 0)
		return r;
	if ((process->master_fd >= 0) != entry->spec->terminal)
		return error_set(ret_error, EPROTO, "virt-sandbox-enter gave no terminal");
	return 0;
}

/* A command that has ended by now cannot be asked for its label any more, and does nothing more; another label is an error in any case. */
static int verify_label(
	const Label *label, int proc_fd, const EnterProcess *process, Error **ret_error)
{
	struct pollfd end = { .fd = process->pidfd, .events = POLLIN };
	_cleanup_error_ Error *error = NULL;
	int r = label_verify_process(label, proc_fd, process->pid, &error);

	if ((r == -ENOENT || r == -ESRCH) && poll(&end, 1, 0) == 1)
		return 0;
	if (r < 0 && ret_error)
		*ret_error = TAKE_PTR(error);
	return r;
}

int enter_process_start(
	const EnterSpec *spec, const int stdio[3], EnterProcess *ret, Error **ret_error)
{
	_cleanup_entry_ Entry entry = { spec, deadline_in(ENTER_TIMEOUT), -EBADF, -EBADF, -EBADF,
		-EBADF, -EBADF, { -EBADF, -EBADF } };
	_cleanup_enter_process_ EnterProcess process = ENTER_PROCESS_NONE;
	int r;

	log_step("helper", "virt-sandbox-enter for %s", spec->argv[0]);
	r = prepare(&entry, &process, ret_error);
	if (r == 0)
		r = fork_helper(&entry, spec->terminal ? NULL : stdio, &process, ret_error);
	if (r < 0)
		return r;
	r = let_in(&entry, &process, ret_error);
	if (r == 0)
		r = await_answer(&entry, ret_error);
	if (r < 0)
		return r;
	/* After READY a failure is that of the command: it is not there or cannot be executed. */
	r = protocol_receive_exec(entry.pair[SIDE_PARENT], ret_error);
	if (r < 0)
		return r == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
	if (spec->label) {
		r = verify_label(spec->label, entry.proc_fd, &process, ret_error);
		if (r < 0)
			return r;
	}
	*ret = process;
	process = ENTER_PROCESS_NONE;
	return 0;
}

int enter_process_wait(EnterProcess *process, int *ret_status, Error **ret_error)
{
	struct pollfd told = { .fd = process->status_fd, .events = POLLIN };
	int r = deadline_poll(&told, 1, deadline_in(STATUS_TIMEOUT)), status;

	if (r == -ETIMEDOUT)
		return error_set(ret_error, ETIMEDOUT,
			"the command has ended, but its status is unknown: a process in the container traces it and does not pass it on");
	if (r < 0)
		return error_errno(ret_error, -r, "cannot wait for the command");
	if (read(process->status_fd, &status, sizeof(status)) != (ssize_t)sizeof(status))
		return error_set(ret_error, ECHILD,
			"virt-sandbox-enter was killed before the command's end was known");
	process->pidfd = fd_close(process->pidfd);
	*ret_status = status;
	return 0;
}
