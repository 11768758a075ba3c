/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Spec's mounts. Whoever wrote the Spec named their sources on the host, which are walked to with care where they say so. What
 * lies below a mount that came from elsewhere is hostile: targets there, and sources inside, are resolved below the root. Where all is
 * still of our making, paths are as good, and cheaper.
 */
#include "engine/start/mounts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "engine/start/idmap.h"
#include "engine/start/fs-image.h"
#include "engine/start/kernelfs.h"
#include "engine/start/mount-source.h"
#include "engine/start/mount-point.h"
#include "engine/start/mountfd.h"

/* Only what is mounted somewhere can be bound; this place goes away with the host's root. */
#define PARTS_PLACE "/sys"

/* What image_open() has set. */
#define IMAGE_ATTRIBUTES ((unsigned int)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV))

static unsigned int attributes_of(const SpecMount *mount)
{
	static const struct {
		uint32_t flag;
		unsigned int attribute;
	} table[] = {
		{ SPEC_MOUNT_READONLY, MOUNT_ATTR_RDONLY },
		{ SPEC_MOUNT_NOSUID, MOUNT_ATTR_NOSUID },
		{ SPEC_MOUNT_NODEV, MOUNT_ATTR_NODEV },
		{ SPEC_MOUNT_NOEXEC, MOUNT_ATTR_NOEXEC },
		{ SPEC_MOUNT_NOATIME, MOUNT_ATTR_NOATIME },
		{ SPEC_MOUNT_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW },
	};
	unsigned int attributes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (mount->flags & table[i].flag)
			attributes |= table[i].attribute;
	return attributes;
}

static int is_directory(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode);
}

/* A link, a directory or the like, where a program inside has arrangements of its own; or nothing to begin with. */
static bool is_other(const Root *root, const SpecMount *mount)
{
	_cleanup_fd_ int fd = path_open_no_links(root->fd, mount->target, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	return fd == -ELOOP ||
	       (fd == -ENOENT &&
		       (mount->flags & (SPEC_MOUNT_BEGIN | SPEC_MOUNT_MAKE)) == SPEC_MOUNT_BEGIN) ||
	       (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode));
}

/* Puts a detached mount where it belongs. */
static int attach(const Root *root, const SpecMount *mount, int fd, Error **ret_error)
{
	bool own = mount_point_is_own(root, mount->target);
	_cleanup_fd_ int target = -EBADF;
	int r = own && !(mount->flags & SPEC_MOUNT_MAKE) ? 0 : is_directory(fd);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot inspect what is to be mounted");
	if (own)
		r = mount->flags & SPEC_MOUNT_MAKE
			    ? mount_point_make_own(root, mount->target + 1, r > 0, ret_error)
			    : 0;
	else if ((mount->flags & SPEC_MOUNT_YIELD) && is_other(root, mount))
		return 0;
	else
		r = mount_point_open(root, mount, r > 0, &target, ret_error);
	if (r == 0 && (mount->flags & SPEC_MOUNT_BEGIN))
		r = mount_point_begin_source(root, mount, ret_error);
	if (r < 0)
		return r;
	return own ? mountfd_attach(fd, root->fd, mount->target + 1, ret_error)
		   : mountfd_attach(fd, target, "", ret_error);
}

static MountCloneFlags clone_flags(const SpecMount *mount)
{
	return (mount->flags & SPEC_MOUNT_RECURSIVE ? (unsigned int)MOUNT_CLONE_RECURSIVE : 0u) |
	       (mount->flags & SPEC_MOUNT_FOLLOW ? (unsigned int)MOUNT_CLONE_FOLLOW : 0u);
}

static int set_bind(const Root *root, const SpecMount *mount, int fd, Error **ret_error)
{
	unsigned int attributes = attributes_of(mount);
	int userns_fd = idmap_fd(root, mount->mapping, &mount->users, &mount->groups);

	return attributes || userns_fd >= 0
		       ? mountfd_set(fd, clone_flags(mount) & MOUNT_CLONE_RECURSIVE, attributes,
				 userns_fd, mount->source, ret_error)
		       : 0;
}

/* A detached bind of what dirfd and name stand for, with all that the mount says. */
static int clone_source(const Root *root, const SpecMount *mount, int dirfd, const char *name,
	int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = mountfd_clone(dirfd, name, clone_flags(mount), &fd, ret_error);

	if (r >= 0)
		r = set_bind(root, mount, fd, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Walked to once for all that is taken below it. */
static int open_below(Root *root, const char *below, Error **ret_error)
{
	int r;

	if (root->below && strcmp(root->below, below) == 0)
		return 0;
	root->below = NULL;
	root->below_fd = fd_close(root->below_fd);
	r = trusted_path_open(
		below, TRUSTED_NO_CONTAINER | TRUSTED_ROOT_ONLY, &root->below_fd, NULL, ret_error);
	if (r == 0) /* trees of releases that did not mark them */
		r = trusted_path_mark(root->below_fd, below, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot open the content tree");
	root->below = below;
	return 0;
}

/* 0 and no descriptor: it is not there and need not be. */
static int clone_below(Root *root, const SpecMount *mount, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int source = -EBADF;
	int r = open_below(root, mount->below, ret_error);

	if (r < 0)
		return r;
	/* O_NOFOLLOW by RESOLVE_NO_SYMLINKS: a link here would bind any directory of the host into
	 * the container. */
	source = path_open_no_links(root->below_fd, mount->source, O_PATH | O_DIRECTORY, 0);
	if (source == -ENOENT && (mount->flags & SPEC_MOUNT_OPTIONAL))
		return 0;
	if (source == -ELOOP || source == -ENOTDIR)
		return error_set(ret_error, -source, "%s/%s is not a directory: refused",
			mount->below, mount->source);
	if (source < 0)
		return error_errno(
			ret_error, -source, "cannot open %s/%s", mount->below, mount->source);
	return clone_source(root, mount, source, "", ret_fd, ret_error);
}

/* The socket's file must allow writing to everybody (its directory should not): the container's
 * root is not its owner. */
static int clone_socket(const Root *root, const SpecMount *mount, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int source = -EBADF;
	struct stat st;

	source = open(mount->source, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0 || fstat(source, &st) < 0)
		return error_errno(ret_error, errno, "cannot open the socket %s", mount->source);
	if (!S_ISSOCK(st.st_mode))
		return error_set(ret_error, ENOTSOCK, "%s is not a socket", mount->source);
	return clone_source(root, mount, source, "", ret_fd, ret_error);
}

/* A third of the cost of a detached mount. */
static bool is_plain(const Root *root, const SpecMount *mount)
{
	const uint32_t known = SPEC_MOUNT_READONLY | SPEC_MOUNT_NOSUID | SPEC_MOUNT_NODEV |
			       SPEC_MOUNT_NOEXEC | SPEC_MOUNT_FOLLOW | SPEC_MOUNT_OPTIONAL |
			       SPEC_MOUNT_MAKE | SPEC_MOUNT_KEEP_LABEL;

	return mount->mapping == SPEC_MAPPING_NONE && (mount->flags & SPEC_MOUNT_FOLLOW) &&
	       !(mount->flags & ~known) && mount_point_is_own(root, mount->target);
}

static int bind_plain(const Root *root, const SpecMount *mount, Error **ret_error)
{
	struct stat st;
	int r = 0;

	if (mount->flags & (SPEC_MOUNT_OPTIONAL | SPEC_MOUNT_MAKE)) {
		if (stat(mount->source, &st) < 0)
			return (mount->flags & SPEC_MOUNT_OPTIONAL) && errno == ENOENT
				       ? 0
				       : error_errno(ret_error, errno, "cannot inspect %s",
						 mount->source);
		if (mount->flags & SPEC_MOUNT_MAKE)
			r = mount_point_make_own(
				root, mount->target + 1, S_ISDIR(st.st_mode), ret_error);
	}
	if (r < 0)
		return r;
	r = mount_bind(mount->source, mount->target + 1, attributes_of(mount));
	return r < 0 ? error_errno(ret_error, -r, "cannot bind %s", mount->source) : 0;
}

static int bind_host(Root *root, const SpecMount *mount, Error **ret_error)
{
	int *walked = &root->sources[root->next];
	_cleanup_fd_ int fd = -EBADF;
	int r = 0;

	if (mount->flags & SPEC_MOUNT_WALK || mount->propagation == SPEC_PROPAGATION_SLAVE)
		fd = TAKE_FD(*walked);
	if (mount->propagation == SPEC_PROPAGATION_SLAVE)
		r = fd < 0 ? 0 : set_bind(root, mount, fd, ret_error);
	else if (mount->flags & SPEC_MOUNT_WALK)
		r = 0;
	else if (mount->below)
		r = clone_below(root, mount, &fd, ret_error);
	else if (mount->flags & SPEC_MOUNT_SOCKET)
		r = clone_socket(root, mount, &fd, ret_error);
	else if (is_plain(root, mount))
		return bind_plain(root, mount, ret_error);
	else if ((mount->flags & SPEC_MOUNT_OPTIONAL) && access(mount->source, F_OK) < 0)
		return 0;
	else
		r = clone_source(root, mount, AT_FDCWD, mount->source, &fd, ret_error);
	return r < 0 || fd < 0 ? r : attach(root, mount, fd, ret_error);
}

static int bind_inside(Root *root, const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int source = -EBADF, fd = -EBADF;
	int r = mount_point_find(root, mount->source, &source, ret_error);

	if (r <= 0)
		return r < 0 ? r
			     : error_errno(
				       ret_error, ENOENT, "cannot open %s inside", mount->source);
	r = clone_source(root, mount, source, "", &fd, ret_error);
	return r < 0 ? r : attach(root, mount, fd, ret_error);
}

/* Over a directory of the host in our own mount namespace: the host never sees what is in it. */
static int cover_below(const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = image_open(
		mount->source, mount->flags & SPEC_MOUNT_READONLY, -EBADF, &fd, ret_error);

	return r < 0 ? r : mountfd_attach(fd, AT_FDCWD, mount->below, ret_error);
}

static int mount_image(Root *root, const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = TAKE_FD(root->sources[root->next]);

	return mount->target ? attach(root, mount, fd, ret_error) : cover_below(mount, ret_error);
}

/* "1777 /tmp": a directory of the file system at PARTS_PLACE, under its last name. */
static int bind_part(const char *part, Error **ret_error)
{
	char *target = NULL;
	mode_t mode = (mode_t)strtoul(part, &target, 8);
	_cleanup_free_ char *source = NULL;
	int r;

	if (!target || target[0] != ' ' || !path_is_normal(target + 1))
		return error_set(ret_error, EINVAL, "%s is not a mode and a path", part);
	source = path_join(PARTS_PLACE, path_base(target));
	if (!source)
		return error_oom(ret_error);
	if (mkdir(source, mode) < 0)
		return error_errno(ret_error, errno, "cannot make %s", target + 1);
	r = mount_bind(source, target + 2, 0);
	return r < 0 ? error_errno(ret_error, -r, "cannot bind %s", target + 1) : 0;
}

static int mount_parts(const Root *root, const SpecMount *mount, Error **ret_error)
{
	int r = root_mount_tmpfs(
		root, PARTS_PLACE, mount->options, attributes_of(mount), ret_error);

	STRV_FOREACH (part, mount->parts)
		if (r == 0)
			r = bind_part(*part, ret_error);
	return r;
}

/* Device nodes are made in it, and not bound, see dev.c. */
static bool holds_nodes(const Root *root, const SpecMount *mount)
{
	for (size_t i = 0; i < root->spec->n_devices; i++)
		if ((root->spec->devices[i].made || label_on_nodes(root->label)) &&
			path_is_below(root->spec->devices[i].path, mount->target))
			return true;
	return false;
}

static int mount_new_system(Root *root, const SpecMount *mount, const char *type, Error **ret_error)
{
	unsigned int attributes = attributes_of(mount);
	_cleanup_free_ char *options = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (holds_nodes(root, mount))
		attributes &= ~(unsigned int)MOUNT_ATTR_NODEV;
	if (mount->kind != SPEC_MOUNT_MQUEUE) /* it takes no options */
		r = root_mount_options(root, type, mount->options, &options, ret_error);
	else
		r = 0;
	if (r < 0)
		return r;
	if (mount_point_is_own(root, mount->target)) {
		r = mount->flags & SPEC_MOUNT_MAKE
			    ? mount_point_make_own(root, mount->target + 1, true, ret_error)
			    : 0;
		return r < 0 ? r
			     : mount_new(type, mount->target + 1, options, attributes, ret_error);
	}
	r = mountfd_new(type, options, attributes, &fd, ret_error);
	return r < 0 ? r : attach(root, mount, fd, ret_error);
}

static int mount_tmpfs(Root *root, const SpecMount *mount, Error **ret_error)
{
	return mount->parts ? mount_parts(root, mount, ret_error)
			    : mount_new_system(root, mount, "tmpfs", ret_error);
}

/* The kernel makes its ptmx with the label of who mounts the devpts. */
static int mount_devpts(Root *root, const SpecMount *mount, Error **ret_error)
{
	_cleanup_free_ char *ptmx = path_join(mount->target, "ptmx");
	_cleanup_fd_ int fd = -EBADF;
	int r = ptmx ? mount_new_system(root, mount, "devpts", ret_error) : error_oom(ret_error);

	if (r < 0 || !label_on_nodes(root->label))
		return r;
	fd = path_open_in_root(root->fd, ptmx, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open %s", ptmx);
	return label_set_fd(root->label, fd, ret_error);
}

/* The kernel made the file system with the ipc namespace, takes no label for it and gave its root one that depends on who made the namespace: initrc_runtime_t
 * when that was a unit of the host's. */
static int mount_mqueue(Root *root, const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = mount_new_system(root, mount, "mqueue", ret_error);

	if (r < 0 || !root->label)
		return r;
	fd = path_open_in_root(root->fd, mount->target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open %s", mount->target);
	return label_set_root(root->label, fd, ret_error);
}

static int make_directory(Root *root, const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;

	if (mount_point_is_own(root, mount->target))
		return root_make_directory(root, mount->target + 1, mount->mode, ret_error);
	fd = mount_point_make_inside(root, mount->target, true);
	return fd < 0 ? error_errno(ret_error, -fd, "cannot create the directory %s", mount->target)
		      : 0;
}

static int refuse_in_content(const SpecMount *mount, Error **ret_error)
{
	return error_set(ret_error, EOPNOTSUPP,
		"cannot make %s: it is in a file system that is not our own", mount->target);
}

static int make_file(Root *root, const SpecMount *mount, Error **ret_error)
{
	return mount_point_is_own(root, mount->target)
		       ? root_make_file(
				 root, mount->target + 1, mount->mode, mount->text, ret_error)
		       : refuse_in_content(mount, ret_error);
}

static int make_link(Root *root, const SpecMount *mount, Error **ret_error)
{
	bool own = mount_point_is_own(root, mount->target);
	_cleanup_fd_ int fd = own ? -EBADF : mount_point_open_fresh(root, mount->target);
	const char *name = own ? mount->target + 1 : strrchr(mount->target, '/') + 1;

	if (!own && fd == -EOPNOTSUPP)
		return refuse_in_content(mount, ret_error);
	if (!own && fd < 0)
		return error_errno(ret_error, -fd, "cannot open what %s is in", mount->target);
	if (symlinkat(mount->source, own ? root->fd : fd, name) < 0)
		return error_errno(ret_error, errno, "cannot create the link %s", mount->target);
	return 0;
}

static const struct {
	int (*apply)(Root *root, const SpecMount *mount, Error **ret_error);
	bool needs_source;
	bool late; /* shows a namespace that the payload makes while we are building */
} kinds[_SPEC_MOUNT_KIND_MAX] = {
	[SPEC_MOUNT_BIND] = { bind_host, true, false },
	[SPEC_MOUNT_INSIDE] = { bind_inside, true, false },
	[SPEC_MOUNT_IMAGE] = { mount_image, true, false },
	[SPEC_MOUNT_TMPFS] = { mount_tmpfs, false, false },
	[SPEC_MOUNT_DEVPTS] = { mount_devpts, false, false },
	[SPEC_MOUNT_MQUEUE] = { mount_mqueue, false, false },
	[SPEC_MOUNT_PROC] = { kernelfs_mount_proc, false, true },
	[SPEC_MOUNT_SYSFS] = { kernelfs_mount_sys, false, true },
	[SPEC_MOUNT_CGROUP] = { kernelfs_mount_cgroup, false, true },
	[SPEC_MOUNT_DIRECTORY] = { make_directory, false, false },
	[SPEC_MOUNT_FILE] = { make_file, false, false },
	[SPEC_MOUNT_LINK] = { make_link, true, false },
};

static int check(const SpecMount *mount, Error **ret_error)
{
	bool hidden = (mount->kind == SPEC_MOUNT_IMAGE && mount->below) ||
		      (mount->kind == SPEC_MOUNT_TMPFS && mount->parts);

	if ((unsigned int)mount->kind >= _SPEC_MOUNT_KIND_MAX)
		return error_set(ret_error, EINVAL, "there is no mount of kind %d", mount->kind);
	if (kinds[mount->kind].needs_source && !mount->source)
		return error_set(ret_error, EINVAL, "a mount has no source");
	if (!hidden && (!mount->target || !path_is_normal(mount->target) || !mount->target[1]))
		return error_set(ret_error, EINVAL,
			"a target must be an absolute path without '.' and '..'");
	return 0;
}

static const char *name_of(const SpecMount *mount)
{
	return mount->target ? mount->target : mount->below ? mount->below : "";
}

/* Before any other source is looked for: it may lie below. */
static int mark_writable(const SpecMount *mount, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (mount->kind != SPEC_MOUNT_BIND || !(mount->flags & SPEC_MOUNT_WALK) ||
		(mount->flags & SPEC_MOUNT_READONLY))
		return 0;
	r = mount_source_open(mount->source, true, &fd, NULL, ret_error);
	return r < 0 ? r : trusted_path_mark(fd, mount->source, ret_error);
}

static int open_image(const Root *root, const SpecMount *mount, int *ret_fd, Error **ret_error)
{
	unsigned int further = attributes_of(mount) & ~IMAGE_ATTRIBUTES;
	int r = image_open_foreign(root->label, mount->source, false,
		MOUNT_ATTR_NOSUID | (mount->flags & SPEC_MOUNT_READONLY ? MOUNT_ATTR_RDONLY : 0u),
		idmap_fd(root, mount->mapping, &mount->users, &mount->groups), ret_fd, ret_error);

	return r < 0 || !further
		       ? r
		       : mountfd_set(*ret_fd, 0, further, -EBADF, mount->source, ret_error);
}

static int open_host(Root *root, const SpecMount *mount, int *ret_fd, Error **ret_error)
{
	_cleanup_fd_ int source = -EBADF;
	int r;

	if (mount->kind == SPEC_MOUNT_IMAGE && mount->target)
		return open_image(root, mount, ret_fd, ret_error);
	if (mount->kind != SPEC_MOUNT_BIND || !(mount->flags & SPEC_MOUNT_WALK))
		return 0;
	r = mount_source_open(mount->source, false, &source, NULL, ret_error);
	return r < 0 ? r : clone_source(root, mount, source, "", ret_fd, ret_error);
}

static int open_slave(const SpecMount *mount, int *ret_fd, Error **ret_error)
{
	MountCloneFlags flags = clone_flags(mount);
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if ((mount->flags & SPEC_MOUNT_OPTIONAL) && access(mount->source, F_OK) < 0)
		return 0;
	r = mountfd_clone(AT_FDCWD, mount->source, flags, &fd, ret_error);
	if (r >= 0)
		r = mountfd_enslave(fd, flags, mount->source, ret_error);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int mounts_open_slaves(Root *root, Error **ret_error)
{
	const Spec *spec = root->spec;

	root->sources = malloc((spec->n_mounts + 1) * sizeof(*root->sources));
	if (!root->sources)
		return error_oom(ret_error);
	for (size_t i = 0; i < spec->n_mounts; i++)
		root->sources[i] = -EBADF;
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const SpecMount *mount = &spec->mounts[i];

		if (mount->propagation == SPEC_PROPAGATION_SLAVE &&
			open_slave(mount, &root->sources[i], ret_error) < 0)
			return error_wrap(ret_error, "cannot mount %s", name_of(mount));
	}
	return 0;
}

int mounts_open(Root *root, Error **ret_error)
{
	const Spec *spec = root->spec;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < spec->n_mounts; i++) {
			const SpecMount *mount = &spec->mounts[i];
			int r = check(mount, ret_error);

			if (r == 0)
				r = pass == 0
					    ? mark_writable(mount, ret_error)
					    : open_host(root, mount, &root->sources[i], ret_error);
			if (r < 0)
				return error_wrap(ret_error, "cannot mount %s", name_of(mount));
		}
	return 0;
}

void mounts_done(Root *root)
{
	for (size_t i = 0; root->sources && i < root->spec->n_mounts; i++)
		(void)fd_close(root->sources[i]);
	free(root->sources);
	root->sources = NULL;
	root->below_fd = fd_close(root->below_fd);
	root->links_fd = fd_close(root->links_fd);
}

static int apply_next(Root *root, Error **ret_error)
{
	const SpecMount *mount = &root->spec->mounts[root->next];
	int r = kinds[mount->kind].apply(root, mount, ret_error);

	if (r < 0)
		return error_wrap(ret_error, "cannot mount %s", name_of(mount));
	root->next++;
	return 0;
}

bool mounts_are_mixed(const Root *root)
{
	for (size_t i = root->next; i < root->spec->n_mounts; i++)
		if (!kinds[root->spec->mounts[i].kind].late)
			return true;
	return false;
}

int mounts_apply_early(Root *root, Error **ret_error)
{
	int r = 0;

	while (r == 0 && root->next < root->spec->n_mounts &&
		!kinds[root->spec->mounts[root->next].kind].late)
		r = apply_next(root, ret_error);
	/* The host's /proc goes away with its root. */
	if (r == 0 && mounts_are_mixed(root)) {
		root->links_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root->links_fd < 0)
			return error_errno(ret_error, errno, "cannot open /proc/self/fd");
	}
	return r;
}

int mounts_apply_late(Root *root, Error **ret_error)
{
	int r = 0;

	while (r == 0 && root->next < root->spec->n_mounts)
		r = apply_next(root, ret_error);
	return r;
}
