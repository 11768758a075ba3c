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

/* What its holder wrote with lock_tell_end(). */
static bool is_ending(int fd)
{
	char mark;

	return pread(fd, &mark, sizeof(mark), 0) == 1;
}

/* Not flock(2): every child that we fork would hold it, too, until it execs or dies. */
static int lock_file(int fd)
{
	const Deadline dead = deadline_in(DEAD_TIMEOUT), ending = deadline_in(LOCK_END_TIMEOUT);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_SETLK, &lock) < 0) {
		struct flock holder = lock;
		uint64_t starttime;
		bool lives;

		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -errno;
		if (fcntl(fd, F_GETLK, &holder) < 0)
			return -errno;
		lives = holder.l_type != F_UNLCK &&
			procstat_starttime(holder.l_pid, &starttime) != -ESRCH;
		/* Of a dead one the builder of a container whose start was cut short still has the descriptors: it shares them and dies
		 * with PID 1, that is now. */
		if ((lives && !is_ending(fd)) || deadline_pause(lives ? ending : dead) < 0)
			return -EBUSY;
	}
	return ftruncate(fd, 0) < 0 ? -errno : 0; /* the mark of one that was killed */
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
			return error_errno(ret_error, errno, "cannot open lock %s", path);
		r = lock_file(fd);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot lock %s", path);
		r = still_there(fd, path);
		if (r < 0)
			return error_errno(ret_error, -r, "cannot inspect lock %s", path);
		if (r > 0) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
	}
}

void lock_tell_end(int fd)
{
	if (pwrite(fd, "e", 1, 0) < 0)
		return; /* without the mark nobody waits: they are told that it is busy */
}

/* One that nobody holds is no more than a file that was left. */
bool lock_is_ending(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "%s.lock", name);
	_cleanup_fd_ int fd = path ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -EBADF;
	struct flock holder = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fd >= 0 && is_ending(fd) && fcntl(fd, F_GETLK, &holder) == 0 &&
	       holder.l_type != F_UNLCK;
}

int lock_await_end(const char *name, Error **ret_error)
{
	const Deadline deadline = deadline_in(LOCK_END_TIMEOUT);

	while (lock_is_ending(name))
		if (deadline_pause(deadline) < 0)
			return error_set(ret_error, EBUSY,
				"container %s has ended, but its supervisor has not cleaned up within %d seconds; "
				"`virt-sandbox-service stop -t 0 %s` or `virt-lxc destroy %s` ends that, too",
				name, LOCK_END_TIMEOUT, name, name);
	return 0;
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
