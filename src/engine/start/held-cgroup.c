/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The systemd inside makes a unit's cgroup when the unit starts and removes it when the unit has ended; one that is there already it uses, and one that it cannot remove it
 * leaves. So what has to be at a unit's cgroup is put there from outside before anything runs inside, without a race. The directory belongs to the container, which may do
 * all with it that it does with one of its own making, but for one child: that belongs to the host's root and has a child itself, so that the kernel refuses to remove it
 * (EBUSY), and with it all above, while only the host's root may remove the inner one.
 */
#include "engine/start/held-cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/strv.h"

#define HOLD "virt-sandbox.hold"

/* A directory that somebody inside makes has files of its maker's; those that controllers add later get their owner from who enables these. */
static int give(int fd, uid_t owner)
{
	_cleanup_strv_ char **names = NULL;
	int r = file_list_fd(fd, &names);

	STRV_FOREACH (name, names) {
		struct stat st;

		if (r == 0 && (fstatat(fd, *name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
				      (S_ISREG(st.st_mode) && fchownat(fd, *name, owner, owner,
								      AT_SYMLINK_NOFOLLOW) < 0)))
			r = -errno;
	}
	return r == 0 && fchown(fd, owner, owner) < 0 ? -errno : r;
}

static int make(int parent_fd, const char *name, uid_t owner, int *ret_fd)
{
	_cleanup_fd_ int fd = -EBADF;
	bool made = mkdirat(parent_fd, name, 0755) == 0;
	int r;

	if (!made && errno != EEXIST)
		return -errno;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = made ? give(fd, owner) : 0;
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

static int hold(int fd)
{
	if ((mkdirat(fd, HOLD, 0755) < 0 || mkdirat(fd, HOLD "/" HOLD, 0755) < 0) &&
		errno != EEXIST)
		return -errno;
	return 0;
}

int held_cgroup_make(int cgroup_fd, const char *path, uid_t owner, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = openat(cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ char **parts = NULL;
	int r = fd < 0 ? -errno : strv_split(&parts, path, "/");

	STRV_FOREACH (part, parts) {
		int next = -EBADF;

		if (r == 0)
			r = make(fd, *part, owner, &next);
		if (r == 0) {
			(void)fd_close(fd);
			fd = next;
		}
	}
	if (r == 0)
		r = hold(fd);
	if (r < 0)
		return error_errno(
			ret_error, -r, "cannot make the cgroup %s of the container", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
