/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * virt-sandbox-enter: engine_enter() forked and exec'ed me from a sealed copy in memory. I begin as root of the host, in its namespaces,
 * with the descriptors of enter-request.h. I am linked statically and load nothing, so that no code of the host or of the container is
 * ever mapped while I am between the two, and what /proc/PID/exe of me leads to cannot be written (CVE-2019-5736).
 * I must put a child inside and hand its pidfd to the caller, or say what failed. Then I wait for that child and tell how it ended: outside of the
 * container's cgroup and process ids, in a session of my own, nobody inside can stop, freeze or trace me, and a caller that is stopped is in nobody's way.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "engine/enter/become-command.h"
#include "engine/enter/request.h"
#include "engine/start/limits.h"
#include "engine/start/scheduling.h"
#include "engine/start/namespaces.h"
#include "engine/start/protocol.h"

static int read_request(EnterRequest *ret, Error **ret_error)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r = fd_read_all(ENTER_FD_REQUEST, ENTER_REQUEST_MAX, &data, &size);

	if (r == 0)
		r = enter_request_parse(data, size, ret);
	return r < 0 ? error_errno(ret_error, -r, "cannot read the request to enter") : 0;
}

/* What is for exec waits for the command's: the clone inherits it. */
static int take_label(const EnterRequest *request, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (!request->label_file)
		return 0;
	path = path_join("thread-self", request->label_file);
	if (!path)
		return error_oom(ret_error);
	r = file_write_kernel(ENTER_FD_PROC, path, request->label_text, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot take the container's label") : 0;
}

/* All at once, by the one process whose identity the caller checked: the kernel takes none of them or all. */
static int join_namespaces(const Spec *spec, Error **ret_error)
{
	if (setns(ENTER_FD_PIDFD, namespaces_own(&spec->namespaces)) < 0)
		return error_errno(ret_error, errno, "cannot enter the container's namespaces");
	return 0;
}

/* Returns the child's pidfd, in the child 0. */
static int clone_inside(Error **ret_error)
{
	int pidfd = -EBADF;
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return error_errno(ret_error, errno, "cannot create a process in the container");
	return pid == 0 ? 0 : pidfd;
}

static int join(const EnterRequest *request, const Spec *spec, Error **ret_error)
{
	int r = limits_apply(spec, ENTER_FD_PROC, getpid(), ret_error);

	if (r == 0)
		r = scheduling_apply(&spec->scheduling, getpid(), ret_error);
	if (r < 0)
		return r;
	/* The label before the namespaces: from the first moment inside we must not be more than the container's own processes. */
	r = take_label(request, ret_error);
	return r < 0 ? r : join_namespaces(spec, ret_error);
}

static int enter(int *ret_pidfd, Error **ret_error)
{
	_cleanup_enter_request_ EnterRequest request = { 0 };
	_cleanup_spec_ Spec *spec = NULL;
	int pidfd, r;

	/* Against ptrace and /proc/PID by the container's root, who is no privileged user to the user namespace that we were exec'ed in. It survives
	 * setns() and clone(), until the command is exec'ed. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_errno(ret_error, errno, "cannot forbid tracing");
	r = read_request(&request, ret_error);
	if (r >= 0)
		r = spec_parse(request.spec, strlen(request.spec), "request", &spec, ret_error);
	if (r >= 0)
		r = join(&request, spec, ret_error);
	if (r < 0)
		return r;
	/* From here on no descriptor of the host is left but 0, 1, 2, which the caller made for this, and the socket. */
	if (syscall(SYS_close_range, (unsigned int)ENTER_FD_REQUEST, ~0U, 0) < 0)
		return error_errno(ret_error, errno, "cannot close the host's descriptors");
	if (fcntl(ENTER_FD_SOCKET, F_SETFD, FD_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot mark the socket close-on-exec");
	pidfd = clone_inside(ret_error);
	if (pidfd < 0)
		return pidfd;
	if (pidfd == 0) {
		(void)close(ENTER_FD_STATUS);
		enter_inside(&request, spec);
	}
	r = protocol_send_fd(ENTER_FD_SOCKET, STEP_BORN, pidfd, ret_error);
	*ret_pidfd = pidfd;
	return r;
}

/* The command's end of file on what it reads, and its reader's, must not wait for us. This wait has no limit: who ends it early, the command's caller,
 * kills us. */
static void stand_by(int pidfd)
{
	struct pollfd caller = { .fd = ENTER_FD_STATUS };
	siginfo_t info = { 0 };
	int status;

	(void)setsid(); /* what a terminal sends is not for us */
	for (int fd = 0; fd <= ENTER_FD_SOCKET; fd++)
		(void)close(fd);
	/* Joining a user namespace has cleared it. A caller that died before has closed its end of the pipe. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || poll(&caller, 1, 0) != 0)
		return;
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return;
	status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	(void)!write(ENTER_FD_STATUS, &status, sizeof(status)); /* nobody reads: nobody is there */
}

int main(void)
{
	_cleanup_error_ Error *error = NULL;
	int pidfd = -EBADF;

	(void)signal(SIGCHLD, SIG_DFL); /* or how the command ended would be lost */
	(void)setpriority(PRIO_PROCESS, 0,
		0); /* inside we may not lower it any more; not harmful where we may not here, either */
	if (enter(&pidfd, &error) == 0) {
		stand_by(pidfd);
		return 0;
	}
	protocol_send_failure(ENTER_FD_SOCKET, error);
	return 1;
}
