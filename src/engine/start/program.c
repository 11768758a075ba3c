/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's first program.
 */
#include "engine/start/program.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fd.h"
#include "base/strv.h"
#include "engine/start/mountfd.h"

/* Inside, /proc/1/exe leads to the program's file. On a read-only mount that nobody else has, it
 * cannot be written to through that link even by a process with every capability (CVE-2019-5736),
 * and it need not be below /usr. */
static int open_program(const char *path, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = mountfd_clone(AT_FDCWD, path, MOUNT_CLONE_FOLLOW, &fd, ret_error);

	if (r < 0)
		return error_wrap(ret_error, "the container's init program");
	r = mountfd_set(fd, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, -EBADF,
		path, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int program_open(const SpecProcess *process, int *ret_fd, Error **ret_error)
{
	if (!process->argv || !process->argv[0])
		return error_set(ret_error, EINVAL, "there is no command to run");
	return process->program ? open_program(process->program, ret_fd, ret_error) : 0;
}

/* What is of the first process alone, then what every one has. */
static int make_environment(const SpecProcess *process, char ***ret)
{
	int r = environment_add(ret, process->first_environment);

	return r < 0 ? r : environment_add(ret, process->environment);
}

int program_exec(const SpecProcess *process, int fd, Error **ret_error)
{
	static char *const nothing[] = { NULL };
	_cleanup_strv_ char **made = NULL;
	char *const *env;

	if (make_environment(process, &made) < 0)
		return error_set(ret_error, EINVAL, "an environment variable is not NAME=VALUE");
	env = made ? made : nothing;
	if (fd >= 0) {
		(void)execveat(fd, "", process->argv, env, AT_EMPTY_PATH);
		return error_errno(ret_error, errno, "cannot execute %s", process->argv[0]);
	}
	errno = ENOENT;
	STRV_FOREACH (path, process->paths)
		(void)execve(*path, process->argv, env);
	return error_errno(ret_error, errno, "cannot execute %s", process->argv[0]);
}
