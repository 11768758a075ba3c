/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work in a child of its own.
 */
#include "engine/apart.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/protocol.h"

/* The child: everything of the parent's is mine, too, as a copy. I end with one packet: ready, or what failed. */
_noreturn_ static void child_main(
	int (*work)(const void *data, Error **ret_error), const void *data, int fd)
{
	_cleanup_error_ Error *error = NULL;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		(void)error_errno(&error, errno, "ask to be killed with the parent");
	else if (work(data, &error) == 0)
		_exit(protocol_send(fd, STEP_READY, NULL) < 0);
	protocol_send_failure(fd, error);
	_exit(EXIT_FAILURE);
}

int apart_run(int (*work)(const void *data, Error **ret_error), const void *data, Error **ret_error)
{
	_cleanup_fd_ int ours = -EBADF, theirs = -EBADF;
	int pair[2], r;
	pid_t pid;

	r = protocol_open(pair, ret_error);
	if (r < 0)
		return r;
	ours = pair[SIDE_PARENT];
	theirs = pair[SIDE_PAYLOAD];
	pid = fork();
	if (pid < 0)
		return error_errno(ret_error, errno, "fork");
	if (pid == 0)
		child_main(work, data, theirs);
	theirs = fd_close(theirs);
	r = protocol_receive(ours, STEP_READY, ret_error);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		; /* it has said all there was to say */
	return r;
}
