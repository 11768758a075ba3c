/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The root of a container, seen from outside.
 */
#include "sandbox/container-root.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "content/image.h"
#include "engine/start/mountfd.h"
#include "engine/start/overlay.h"
#include "sandbox/own-root.h"

/* "inside outside count": it is written once, from outside, and root inside is first. */
static int read_base(pid_t pid, uid_t *ret, Error **ret_error)
{
	char path[64];
	unsigned int inside, outside;
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : fd_read_all(fd, 4096, &text, NULL);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read %s", path);
	if (sscanf(text, "%u %u", &inside, &outside) != 2 || inside != 0)
		return error_set(ret_error, EOPNOTSUPP, "%s has no root", path);
	*ret = outside;
	return 0;
}

int container_root_running(
	const char *name, const RunState *state, int *ret_fd, uid_t *ret_base, Error **ret_error)
{
	_cleanup_fd_ int pidfd = -EBADF, fd = -EBADF;
	struct pollfd ended;
	char path[64];
	int r;

	if (state->pid <= 0)
		return error_set(ret_error, EAGAIN,
			"container %s is just being started; try again when it runs", name);
	r = run_state_pidfd(state, &pidfd, ret_error);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d/root", state->pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open the root of container %s", name);
	r = read_base(state->pid, ret_base, ret_error);
	ended = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	if (poll(&ended, 1, 0) != 0) /* then that was perhaps another process */
		return error_set(ret_error, ENOTCONN, "container %s has ended", name);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

/* A layer of what it has changed over its base, as it has it when it runs. */
static int open_layers(const Places *places, bool readonly, int *ret_fd, Error **ret_error)
{
	static const char whole[] = "metacopy=off,redirect_dir=nofollow,index=off";
	_cleanup_free_ char *options = NULL;
	int n = readonly ? asprintf(&options, "lowerdir=%s/" SYSTEM_UPPER ":%s,%s", places->tree,
				   places->base, whole)
			 : asprintf(&options,
				   "lowerdir=%s,upperdir=%s/" SYSTEM_UPPER
				   ",workdir=%s/" SYSTEM_WORK ",%s",
				   places->base, places->tree, places->tree, whole);

	if (n < 0) {
		options = NULL;
		return error_oom(ret_error);
	}
	if (!overlay_can_name(places->tree) || !overlay_can_name(places->base))
		return error_set(ret_error, EINVAL,
			"cannot use the layers of %s: its path must be absolute, without '..' and commas",
			places->tree);
	return mountfd_new("overlay", options, MOUNT_ATTR_NODEV, ret_fd, ret_error);
}

/* Not read-only for who writes: what can be written is for the kernel to say. */
static int open_own_root(const Container *c, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;
	bool image = false;
	int r = own_root_find(c->desc, &path, &image, ret_error);

	if (r < 0)
		return r;
	if (image)
		return error_set(ret_error, EOPNOTSUPP,
			"the root of container %s is an image of its own; start it first",
			c->desc->name);
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open %s", path) : 0;
}

int container_root_stopped(
	const Container *container, bool readonly, int *ret_fd, Error **ret_error)
{
	const Places *places = &container->places;
	int r;

	if (container->desc->root)
		return open_own_root(container, ret_fd, ret_error);
	r = image_mount(places, readonly, ret_error);
	if (r < 0)
		return r;
	if (places->base)
		return open_layers(places, readonly, ret_fd, ret_error);
	*ret_fd = open(places->tree, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open %s", places->tree) : 0;
}
