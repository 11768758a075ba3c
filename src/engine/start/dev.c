/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's devices and its console. Nodes are bound and not made: what is bound was checked on
 * the descriptor that is then used. They are made where the label of the host's nodes keeps the container out, with the container's, and where
 * the document asks for a device, which root inside must own to use it.
 */
#include "engine/start/dev.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "engine/start/mountfd.h"

static mode_t file_type(SpecDeviceType type)
{
	return type == SPEC_DEVICE_BLOCK ? S_IFBLK : type == SPEC_DEVICE_FIFO ? S_IFIFO : S_IFCHR;
}

/* Looked at through the mount that the container gets: whatever lay in the way to the source is
 * found out. */
static int bind_node(Root *root, const SpecDevice *device, Error **ret_error)
{
	const char *path = device->path + 1;
	struct stat st;
	int r = root_make_target(root, path, ret_error);

	if (r < 0)
		return r;
	r = mount_bind(device->path, path, 0);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot bind the host's %s", device->path);
	if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "cannot inspect %s", device->path);
	if ((st.st_mode & S_IFMT) != file_type(device->type) ||
		st.st_rdev != makedev(device->major, device->minor))
		return error_set(ret_error, ENODEV,
			"the host's %s is not the device %u:%u: refused", device->path,
			device->major, device->minor);
	/* It is the host's: less than was asked for is there, never more. */
	if (device->mode && (st.st_mode & 0777 & ~device->mode))
		return error_set(ret_error, EPERM,
			"the host's %s has mode %04o, which allows more than %04o", device->path,
			st.st_mode & 0777, device->mode);
	if (device->user || device->group)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot give %s an owner: the node is the host's", device->path);
	return 0;
}

/* "dev/net/tun" */
static int make_directories_above(const Root *root, const char *path, Error **ret_error)
{
	_cleanup_free_ char *directory = strndup(path, (size_t)(path_base(path) - path));
	_cleanup_fd_ int fd = directory ? path_mkdir_in_root(root->fd, directory, 0755) : -ENOMEM;

	return fd < 0 ? error_errno(ret_error, -fd, "cannot create the directory /%s", directory)
		      : 0;
}

static int make_node(Root *root, const SpecDevice *device, Error **ret_error)
{
	uint32_t user = root_user(root, device->user), group = root_group(root, device->group);
	const char *path = device->path + 1;
	int r = device->made ? make_directories_above(root, path, ret_error) : 0;

	if (r < 0)
		return r;
	if (mknodat(root->fd, path, file_type(device->type) | (device->mode & 0777),
		    makedev(device->major, device->minor)) < 0)
		return error_errno(
			ret_error, errno, "cannot create the device node %s", device->path);
	if ((user != root->owner || group != root->group) &&
		fchownat(root->fd, path, user, group, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "cannot set the owner of %s", device->path);
	return 0;
}

/* What the process is said to have: its size, and who may open it again. */
static int prepare_console(const Root *root, int master, int slave, Error **ret_error)
{
	const SpecProcess *process = &root->spec->process;
	const struct winsize size = { .ws_row = (unsigned short)process->rows,
		.ws_col = (unsigned short)process->columns };

	if ((process->rows || process->columns) && ioctl(master, TIOCSWINSZ, &size) < 0)
		return error_errno(ret_error, errno, "cannot set the size of the console");
	if (process->user &&
		fchownat(slave, "", root_user(root, process->user), (gid_t)-1, AT_EMPTY_PATH) < 0)
		return error_errno(
			ret_error, errno, "cannot give the console to user id %u", process->user);
	return 0;
}

/* A terminal of the container's own devpts, which numbers them from 0; the caller's terminal is never let in. */
static int make_terminal(
	const Root *root, unsigned int number, int *ret_master, int *ret_slave, Error **ret_error)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	char path[sizeof("dev/pts/4294967295")];
	int unlock = 0, r;

	(void)snprintf(path, sizeof(path), "dev/pts/%u", number);
	master = openat(root->fd, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_errno(ret_error, errno, "cannot allocate the terminal %s", path);
	r = mountfd_clone(root->fd, path, 0, &slave, ret_error);
	if (r == 0 && label_on_nodes(root->label))
		r = label_set_fd(root->label, slave, ret_error);
	if (r == 0)
		r = prepare_console(root, master, slave, ret_error);
	if (r < 0)
		return r;
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

static int make_console(Root *root, Error **ret_error)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	int r = make_terminal(root, 0, &master, &slave, ret_error);

	if (r == 0)
		r = root_make_target(root, "dev/console", ret_error);
	if (r == 0)
		r = mountfd_attach(slave, root->fd, "dev/console", ret_error);
	if (r < 0)
		return r;
	root->run->console_fd = TAKE_FD(master);
	for (unsigned int i = 0; r == 0 && i < root->spec->process.terminals; i++) {
		_cleanup_fd_ int further = -EBADF;

		r = make_terminal(root, i + 1, &root->run->terminal_fds[i], &further, ret_error);
		root->run->n_terminal_fds += r == 0;
	}
	return r;
}

/* Only in a /dev of our own making does the plain path lead there. */
static bool has_own_dev(const Spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++)
		if (spec->mounts[i].kind == SPEC_MOUNT_TMPFS && spec->mounts[i].target &&
			strcmp(spec->mounts[i].target, "/dev") == 0)
			return true;
	return false;
}

static int check(const Root *root, const SpecDevice *device, Error **ret_error)
{
	if (!has_own_dev(root->spec))
		return error_set(ret_error, EINVAL, "devices need a tmpfs on /dev");
	if (!device->path || !path_is_normal(device->path) || device->path[1] == '\0' ||
		!path_is_below(device->path, "/dev"))
		return error_set(ret_error, EINVAL, "the device %s is not below /dev",
			device->path ? device->path : "without path");
	if (device->type == SPEC_DEVICE_ALL || device->type == SPEC_DEVICE_FIFO)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot make %s: it is neither a character nor a block device",
			device->path);
	return 0;
}

int dev_make(Root *root, Error **ret_error)
{
	bool own = label_on_nodes(root->label);

	for (size_t i = 0; i < root->spec->n_devices; i++) {
		const SpecDevice *device = &root->spec->devices[i];
		int r = check(root, device, ret_error);

		if (r == 0)
			r = own || device->made ? make_node(root, device, ret_error)
						: bind_node(root, device, ret_error);
		if (r < 0)
			return r;
	}
	return root->spec->process.terminal ? make_console(root, ret_error) : 0;
}
