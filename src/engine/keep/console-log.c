/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file that a Spec wants the console to be written to.
 */
#include "engine/keep/console-log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/trusted-path.h"

static int open_file(ConsoleLog *log, Error **ret_error)
{
	_cleanup_fd_ int fd = openat(log->directory_fd, log->name,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot open the log %s", log->name);
	if (!S_ISREG(st.st_mode))
		return error_set(ret_error, EINVAL, "the log %s is not a plain file", log->name);
	log->fd = TAKE_FD(fd);
	log->size = (size_t)st.st_size;
	return 0;
}

int console_log_open(ConsoleLog *log, const char *path, Error **ret_error)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory = NULL;
	int r;

	if (log->fd >= 0) /* a further life */
		return 0;
	directory = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!directory)
		return error_oom(ret_error);
	r = trusted_path_open(directory, TRUSTED_NO_CONTAINER | TRUSTED_WITHIN, &log->directory_fd,
		NULL, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot open the log %s", path);
	log->name = slash + 1;
	return open_file(log, ret_error);
}

/* Best effort: a log that cannot be turned over is not written any more. */
static void turn_over(ConsoleLog *log)
{
	char old[NAME_MAX + 1];

	log->fd = fd_close(log->fd);
	if (snprintf(old, sizeof(old), "%s.1", log->name) < (int)sizeof(old) &&
		renameat(log->directory_fd, log->name, log->directory_fd, old) == 0)
		(void)open_file(log, NULL);
}

void console_log_write(ConsoleLog *log, const char *text, size_t size)
{
	ssize_t n;

	if (log->fd >= 0 && log->size + size > CONSOLE_LOG_MAX)
		turn_over(log);
	if (log->fd < 0)
		return;
	n = write(log->fd, text, size); /* a full disk: what is lost there is still in the ring */
	log->size += n > 0 ? (size_t)n : 0;
}

void console_log_close(ConsoleLog *log)
{
	log->fd = fd_close(log->fd);
	log->directory_fd = fd_close(log->directory_fd);
}
