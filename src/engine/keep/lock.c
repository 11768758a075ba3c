/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may run a container.
 */
#include "engine/keep/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/procstat.h"

#define DEAD_TIMEOUT 10 /* seconds until a dead holder must have let go */

/* The file may have been removed by its holder between our open and our lock: then we hold something that nobody else will ever see. */
static int still_there(int fd, const char *path)
{
	struct stat ours, there;

	if (fstat(fd, &ours) < 0)
		return -errno;
	if (stat(path, &there) < 0)
		return errno == ENOENT ? 0 : -errno;
	return ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* Not flock(2): every child that we fork would hold it, too, until it execs or dies. */
static int lock_file(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET }, holder = lock;
	Deadline deadline = deadline_in(DEAD_TIMEOUT);
	uint64_t starttime;

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return -errno;
	if (fcntl(fd, F_GETLK, &holder) < 0)
		return -errno;
	if (holder.l_type != F_UNLCK && procstat_starttime(holder.l_pid, &starttime) != -ESRCH)
		return -EBUSY;
	/* The holder is dead. What still has its descriptors is the builder of a container whose start was cut short, which shares them and
	 * dies with PID 1, that is now. */
	while (fcntl(fd, F_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -errno;
		if (deadline_pause(deadline) < 0)
			return -EBUSY;
	}
	return 0;
}

int lock_take(const char *name, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_RUN),
			    *path = layout_pathf(LAYOUT_RUN, "%s.lock", name);
	int r;

	if (!directory || !path)
		return error_oom(ret_error);
	r = file_mkdir_p(directory, 0700, ret_error);
	if (r < 0)
		return r;
	/* Each turn means that another holder came and went. */
	for (;;) {
		_cleanup_fd_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0)
			return error_errno(ret_error, errno, "open lock %s", path);
		r = lock_file(fd);
		if (r < 0)
			return error_errno(ret_error, -r, "lock %s", path);
		r = still_there(fd, path);
		if (r < 0)
			return error_errno(ret_error, -r, "look at lock %s", path);
		if (r > 0) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
	}
}

void lock_drop(const char *name, int *fd)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.lock", name);

	if (*fd < 0)
		return;
	if (path)
		(void)unlink(path); /* one that stays is taken over by the next holder */
	*fd = fd_close(*fd);
}
