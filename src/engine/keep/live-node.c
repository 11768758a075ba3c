/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Device nodes of a container that runs, by a child in its mount namespace: this process stays where it is.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/keep/live-change.h"
#include "engine/start/mountfd.h"

#define NODE_NAME "node"
#define NODE_OPTIONS "mode=0700,size=4k,nr_inodes=2"
#define INSIDE_TIMEOUT 10 /* seconds: what is on /dev there may not answer */
#define KILLED_TIMEOUT 1 /* seconds until who was killed has ended */

/* Of one component, "vda". */
static int check_name(const SpecDevice *device, Error **ret_error)
{
	const char *name = device->path + strlen("/dev/");

	return *name && !strchr(name, '/')
		       ? 0
		       : error_set(ret_error, EOPNOTSUPP,
				 "%s is not directly below /dev; give it at the next start",
				 device->path);
}

static mode_t type_of(const SpecDevice *device)
{
	return device->type == SPEC_DEVICE_BLOCK ? S_IFBLK : S_IFCHR;
}

static int label_node(const Spec *spec, int fd, Error **ret_error)
{
	_cleanup_label_ Label *label = NULL;
	int r = label_take_up(spec->name, &spec->label, &label, ret_error);

	return r == 0 && label_on_nodes(label) ? label_set_fd(label, fd, ret_error) : r;
}

/* In a file system of its own, of which only the node leaves our hands. */
static int make(const Spec *spec, const SpecDevice *device, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF, node_fd = -EBADF;
	uint32_t user = 0, group = 0;
	int r = mountfd_new(
		"tmpfs", NODE_OPTIONS, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &fd, ret_error);

	if (r < 0)
		return r;
	if (spec->users.n_ranges > 0 &&
		(!spec_id_outside(&spec->users, device->user, &user) ||
			!spec_id_outside(&spec->groups, device->group, &group)))
		return error_set(ret_error, EINVAL,
			"%s has an owner that the container does not know", device->path);
	if (mknodat(fd, NODE_NAME, type_of(device) | (device->mode & 0777),
		    makedev(device->major, device->minor)) < 0 ||
		fchownat(fd, NODE_NAME, user, group, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(
			ret_error, errno, "cannot create the device node %s", device->path);
	r = mountfd_clone(fd, NODE_NAME, 0, &node_fd, ret_error);
	if (r == 0)
		r = label_node(spec, node_fd, ret_error);
	if (r == 0)
		*ret_fd = TAKE_FD(node_fd);
	return r;
}

static int open_dev(int pidfd)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS };

	return setns(pidfd, CLONE_NEWNS) < 0
		       ? -1
		       : (int)syscall(SYS_openat2, AT_FDCWD, "/dev", &how, sizeof(how));
}

/* The child. Its exit status is an errno. */
_noreturn_ static void attach_inside(int pidfd, const char *name, int node_fd)
{
	int dev = open_dev(pidfd), r;

	if (dev < 0 || mknodat(dev, name, S_IFREG | 0600, 0) < 0)
		_exit(errno);
	r = mountfd_attach(node_fd, dev, name, NULL);
	if (r < 0) {
		(void)unlinkat(dev, name, 0);
		_exit(-r);
	}
	_exit(0);
}

_noreturn_ static void remove_inside(int pidfd, const char *name, const SpecDevice *device)
{
	int dev = open_dev(pidfd);
	struct stat st;

	if (dev < 0 || fstatat(dev, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		_exit(errno);
	if ((st.st_mode & S_IFMT) != type_of(device) ||
		st.st_rdev != makedev(device->major, device->minor))
		_exit(ENOENT);
	if (fchdir(dev) < 0 || (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 &&
				       errno != EINVAL)) /* made at the start, it is no mount */
		_exit(errno);
	_exit(unlinkat(dev, name, 0) < 0 ? errno : 0);
}

static int await(pid_t child, const char *path, Error **ret_error)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	siginfo_t info = { 0 };
	int r = pidfd < 0 ? -errno : deadline_reap(pidfd, deadline_in(INSIDE_TIMEOUT), &info);

	if (r < 0) {
		(void)kill(child, SIGKILL); /* ours, and not waited for */
		if (pidfd >= 0)
			(void)deadline_reap(pidfd, deadline_in(KILLED_TIMEOUT), &info);
	}
	if (r < 0)
		return error_errno(ret_error, -r, "cannot reach %s in the container", path);
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		return error_errno(ret_error, info.si_code == CLD_EXITED ? info.si_status : EIO,
			"cannot change %s in the container", path);
	return 0;
}

/* A child of ours in the container's mount namespace attaches the node, or removes the one that is there. */
static int change_inside(
	const RunState *state, const SpecDevice *device, int node_fd, Error **ret_error)
{
	const char *name = device->path + strlen("/dev/");
	_cleanup_fd_ int pidfd = -EBADF;
	int r = run_state_pidfd(state, &pidfd, ret_error);
	pid_t child;

	if (r < 0)
		return r;
	child = fork();
	if (child < 0)
		return error_errno(ret_error, errno, "fork");
	if (child == 0 && node_fd >= 0)
		attach_inside(pidfd, name, node_fd);
	if (child == 0)
		remove_inside(pidfd, name, device);
	return await(child, device->path, ret_error);
}

int live_node_make(
	const Spec *spec, const RunState *state, const SpecDevice *device, Error **ret_error)
{
	_cleanup_fd_ int node_fd = -EBADF;
	int r = check_name(device, ret_error);

	if (r == 0)
		r = make(spec, device, &node_fd, ret_error);
	return r < 0 ? r : change_inside(state, device, node_fd, ret_error);
}

int live_node_remove(const RunState *state, const SpecDevice *device, Error **ret_error)
{
	int r = check_name(device, ret_error);

	return r < 0 ? r : change_inside(state, device, -EBADF, ret_error);
}
