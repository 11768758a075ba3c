/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is this process still the one that we mean?
 */
#include "base/procstat.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define STAT_SIZE 1024 /* bytes: 52 numbers and a name of 16 */
#define FIELD_STATE 3 /* proc(5) counts from 1 */
#define FIELD_STARTTIME 22

int procstat_parse(const char *text, uint64_t *ret_starttime)
{
	const char *p = strrchr(text, ')'); /* the name's own end: what follows are numbers */
	uint64_t value;

	if (!p || p[1] != ' ')
		return -EBADMSG;
	p += 2;
	if (*p == 'Z' || *p == 'X')
		return -ESRCH;
	for (int field = FIELD_STATE; field < FIELD_STARTTIME; field++) {
		p = strchr(p, ' ');
		if (!p)
			return -EBADMSG;
		p++;
	}
	if (text_digits(&p, UINT64_MAX, &value) < 0 || *p != ' ')
		return -EBADMSG;
	*ret_starttime = value;
	return 0;
}

bool procstat_is_gone(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

int procstat_starttime(pid_t pid, uint64_t *ret)
{
	_cleanup_fd_ int fd = -EBADF;
	char path[32], text[STAT_SIZE];
	ssize_t n;

	if (pid <= 0)
		return -ESRCH;
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno; /* ESRCH: it ended since the open */
	text[n] = '\0';
	return procstat_parse(text, ret);
}

int procstat_open(pid_t pid, uint64_t starttime)
{
	_cleanup_fd_ int fd = -EBADF;
	uint64_t now;
	int r;

	if (pid <= 0)
		return -ESRCH;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return errno == EINVAL ? -ESRCH : -errno; /* EINVAL: a thread's id */
	/* The descriptor holds on to one process; if that has the right start time it is ours for good. */
	r = procstat_starttime(pid, &now);
	if (r < 0)
		return r;
	return now == starttime ? TAKE_FD(fd) : -ESRCH;
}

int procstat_open_root(int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return error_errno(ret_error, errno, "cannot open /proc");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return error_set(ret_error, ENODEV, "/proc is not a procfs");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
