/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pty of the container.
 */
#include "engine/enter/pty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#define PTMX_MAJOR 5 /* Documentation/admin-guide/devices.txt */
#define PTMX_MINOR 2

static int open_master(int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int path_fd = -EBADF, fd = -EBADF;
	struct statfs fs;
	struct stat st;

	/* Looked at before it is opened: opening some devices does something. */
	path_fd = open("/dev/pts/ptmx", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (path_fd < 0)
		return error_errno(ret_error, errno, "cannot open the container's /dev/pts/ptmx");
	if (fstatfs(path_fd, &fs) < 0 || fstat(path_fd, &st) < 0)
		return error_errno(
			ret_error, errno, "cannot inspect the container's /dev/pts/ptmx");
	if (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) ||
		st.st_rdev != makedev(PTMX_MAJOR, PTMX_MINOR))
		return error_set(ret_error, EINVAL,
			"the container's /dev/pts/ptmx is not one of a devpts file system");
	/* By name again, without following a link: a devpts holds nothing but ptys under fixed names, and another file system in its place
	 * is refused below. (/proc/self/fd would trust the container's /proc.) */
	fd = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open the container's /dev/pts/ptmx");
	if (fstatfs(fd, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return error_set(ret_error, EINVAL, "the container's /dev/pts/ptmx was exchanged");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int enter_pty_open(uid_t uid, int *ret_master, int *ret_slave, Error **ret_error)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	const int unlock = 0;
	int r = open_master(&master, ret_error);

	if (r < 0)
		return r;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_errno(ret_error, errno, "cannot unlock a pty of the container");
	/* The peer by its master, not by a name that the container could exchange. */
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return error_errno(ret_error, errno, "cannot open a pty of the container");
	if (fchown(slave, uid, (gid_t)-1) < 0)
		return error_errno(
			ret_error, errno, "cannot give the pty to user id %u", (unsigned int)uid);
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

int enter_pty_take(int slave_fd, Error **ret_error)
{
	if (ioctl(slave_fd, TIOCSCTTY, 0) < 0)
		return error_errno(
			ret_error, errno, "cannot make the pty the controlling terminal");
	for (int i = 0; i < 3; i++)
		if (dup2(slave_fd, i) < 0)
			return error_errno(
				ret_error, errno, "cannot set standard descriptor %d", i);
	return 0;
}
