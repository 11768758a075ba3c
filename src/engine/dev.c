/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's /dev: a tmpfs of its own with six nodes of the host bound into it, a devpts
 * instance, message queues. Nodes are bound and not made: what is bound was checked on the
 * descriptor that is then used. Only where the label of the host's nodes keeps the container out
 * are they made, with the container's.
 */
#include "engine/dev.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/mountfd.h"

#define DEV_TTY_GROUP 5 /* the group "tty" of every distribution, which devpts wants by number */
#define DEV_OPTIONS "mode=0755,size=64k,nr_inodes=1k"
#define DEV_PTS_MAX                                                                                \
	1024 /* terminals of one container; the host has one common budget, kernel.pty.max */

static const struct {
	const char *name;
	unsigned int major, minor;
} nodes[] = {
	{ "null", 1, 3 },
	{ "zero", 1, 5 },
	{ "full", 1, 7 },
	{ "random", 1, 8 },
	{ "urandom", 1, 9 },
	{ "tty", 5, 0 },
};

static const struct {
	const char *name, *to;
} links[] = {
	{ "dev/ptmx", "pts/ptmx" },
	{ "dev/fd", "/proc/self/fd" },
	{ "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" },
	{ "dev/stderr", "/proc/self/fd/2" },
};

/* Looked at through the mount that the container gets: whatever lay in the way to the source is
 * found out. */
static int bind_node(Root *root, size_t i, Error **ret_error)
{
	char host[32];
	struct stat st;
	int r;

	(void)snprintf(host, sizeof(host), "/dev/%s", nodes[i].name);
	r = root_make_target(root, host + 1, ret_error);
	if (r < 0)
		return r;
	r = mount_bind(host, host + 1, 0);
	if (r < 0)
		return error_errno(ret_error, -r, "bind the host's %s", host);
	if (fstatat(root->fd, host + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "look at %s", host);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(nodes[i].major, nodes[i].minor))
		return error_set(ret_error, ENODEV,
			"the host's %s is not the device %u:%u: refused", host, nodes[i].major,
			nodes[i].minor);
	return 0;
}

static int make_node(Root *root, size_t i, Error **ret_error)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "dev/%s", nodes[i].name);
	if (mknodat(root->fd, path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0)
		return error_errno(ret_error, errno, "make the device node /%s", path);
	if (fchownat(root->fd, path, root->owner, root->owner, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "set the owner of /%s", path);
	return 0;
}

/* The kernel makes it with the label of who mounts the devpts. */
static int label_ptmx(Root *root, Error **ret_error)
{
	_cleanup_fd_ int fd = openat(root->fd, "dev/pts/ptmx", O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_errno(ret_error, errno, "open /dev/pts/ptmx");
	return label_set_fd(root->spec->label, fd, ret_error);
}

static int mount_pts(Root *root, Error **ret_error)
{
	_cleanup_free_ char *options = NULL, *all = NULL;
	int r;

	if (asprintf(&options, "ptmxmode=0666,mode=0620,max=%d,gid=%u", DEV_PTS_MAX,
		    root->owner + DEV_TTY_GROUP) < 0) {
		options = NULL;
		return error_oom(ret_error);
	}
	r = root_mount_options(root, "devpts", options, &all, ret_error);
	if (r < 0)
		return r;
	r = root_make_directory(root, "dev/pts", 0755, ret_error);
	if (r == 0)
		r = mount_new(
			"devpts", "dev/pts", all, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, ret_error);
	if (r == 0 && label_on_nodes(root->spec->label))
		r = label_ptmx(root, ret_error);
	return r;
}

/* The kernel made the file system with the ipc namespace, takes no label for it and gave its root one that depends on who made the namespace: initrc_runtime_t
 * when that was a unit of the host's. */
static int mount_mqueue(Root *root, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	r = root_make_directory(root, "dev/mqueue", 0755, ret_error);
	if (r == 0)
		r = mount_new("mqueue", "dev/mqueue", NULL, MOUNT_QUIET, ret_error);
	if (r < 0 || !root->spec->label)
		return r;
	fd = openat(root->fd, "dev/mqueue", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "open /dev/mqueue");
	return label_set_root(root->spec->label, fd, ret_error);
}

/* A terminal of the container's own devpts; the caller's terminal is never let in. */
static int make_console(Root *root, Error **ret_error)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	int unlock = 0, r;

	master = openat(root->fd, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_errno(ret_error, errno, "allocate the console");
	r = mountfd_clone(root->fd, "dev/pts/0", 0, &slave, ret_error);
	if (r < 0)
		return r;
	if (label_on_nodes(root->spec->label))
		r = label_set_fd(root->spec->label, slave, ret_error);
	if (r == 0)
		r = root_make_target(root, "dev/console", ret_error);
	if (r == 0)
		r = mountfd_attach(slave, root->fd, "dev/console", ret_error);
	if (r < 0)
		return r;
	root->console_fd = TAKE_FD(master);
	return 0;
}

int dev_make(Root *root, Error **ret_error)
{
	bool own = label_on_nodes(root->spec->label);
	int r;

	r = root_mount_tmpfs(root, "dev", DEV_OPTIONS,
		own ? MOUNT_QUIET & ~MOUNT_ATTR_NODEV : MOUNT_QUIET, ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		r = own ? make_node(root, i, ret_error) : bind_node(root, i, ret_error);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].to, root->fd, links[i].name) < 0)
			return error_errno(ret_error, errno, "make the link /%s", links[i].name);
	r = mount_pts(root, ret_error);
	if (r < 0)
		return r;
	r = root_make_directory(root, "dev/shm", 0755, ret_error);
	if (r < 0)
		return r;
	r = mount_mqueue(root, ret_error);
	if (r < 0)
		return r;
	return root->spec->console ? make_console(root, ret_error) : 0;
}
