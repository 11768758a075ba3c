/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's root: a small tmpfs with the host's /usr, the private content and the volatile
 * directories in it.
 *
 * The tmpfs is mounted over "/" of the builder's mount namespace rather than on some directory, so
 * that it hides nothing that is still to be bound. All that lies below the content tree is
 * hostile: it is opened by descriptor, links refused.
 */
#include "engine/root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/trusted-path.h"
#include "engine/etc.h"
#include "engine/image.h"
#include "engine/mountfd.h"

#define ROOT_OPTIONS "mode=0755,size=4m,nr_inodes=4k" /* names, links and a few small files */

static const struct {
	const char *name;
	mode_t mode;
} root_directories[] = {
	{ "usr", 0755 },
	{ "dev", 0755 },
	{ "etc", 0755 },
	{ "home", 0755 },
	{ "mnt", 0755 },
	{ "opt", 0755 },
	{ "proc", 0555 },
	{ "root", 0700 },
	{ "run", 0755 },
	{ "srv", 0755 },
	{ "sys", 0555 },
	{ "tmp", 0755 },
	{ "var", 0755 },
};

/* Links into /usr on a merged host; on others directories, which are shared like /usr. */
static const char *const system_names[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };

/* The private content. required: no container works without, so its absence means a wrong tree.
 * The others are empty directories of the read-only root then. */
static const struct {
	const char *name;
	bool required;
} content_names[] = {
	{ "etc", true },
	{ "var", true },
	{ "root", false },
	{ "home", false },
	{ "srv", false },
};

/* What is gone with the container. With a content tree, a system runs inside: each has its own
 * limit, so that a full /tmp does not stop its journal. Without, they are directories of one file
 * system, which is cheaper to make, and so are /var and /root. */
static const struct {
	const char *name;
	mode_t mode;
	const char *options;
	bool content; /* not where there is a tree */
} volatile_names[] = {
	{ "run", 0755, "mode=0755,size=20%,nr_inodes=800k", false },
	{ "tmp", 01777, "mode=1777,size=50%,nr_inodes=1m", false },
	{ "dev/shm", 01777, "mode=1777,size=50%,nr_inodes=400k", false },
	{ "var", 0755, NULL, true },
	{ "root", 0700, NULL, true },
};

#define VOLATILE_OPTIONS "mode=0755,size=50%,nr_inodes=1m" /* of all of them together */

/* Only what is mounted somewhere can be bound; this place goes away with the host's root. */
#define COMMON_PLACE "/sys"

static const char *const fresh_var[] = { "var/cache", "var/lib", "var/log", "var/spool" };

int root_mount_options(
	const Root *root, const char *fstype, const char *options, char **ret, Error **ret_error)
{
	_cleanup_free_ char *label = NULL;
	int r;

	r = label_mount_option(root->spec->label, fstype, &label, ret_error);
	if (r < 0)
		return r;
	if (asprintf(ret, "%s,uid=%u%s%s", options, root->owner, label && *label ? "," : "",
		    label ? label : "") < 0)
		return error_oom(ret_error);
	return 0;
}

static int tmpfs_options(const Root *root, const char *options, char **ret, Error **ret_error)
{
	_cleanup_free_ char *owned = NULL;

	if (asprintf(&owned, "%s,gid=%u", options, root->owner) < 0) {
		owned = NULL;
		return error_oom(ret_error);
	}
	return root_mount_options(root, "tmpfs", owned, ret, ret_error);
}

int root_mount_tmpfs(const Root *root, const char *path, const char *options,
	unsigned int attributes, Error **ret_error)
{
	_cleanup_free_ char *all = NULL;
	int r = tmpfs_options(root, options, &all, ret_error);

	return r < 0 ? r : mount_new("tmpfs", path, all, attributes, ret_error);
}

int root_make_directory(const Root *root, const char *path, mode_t mode, Error **ret_error)
{
	if (mkdirat(root->fd, path, mode) < 0) {
		if (errno == EEXIST)
			return 0;
		return error_errno(ret_error, errno, "make the directory /%s", path);
	}
	if (fchownat(root->fd, path, root->owner, root->owner, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "set the owner of /%s", path);
	return 0;
}

int root_make_target(const Root *root, const char *path, Error **ret_error)
{
	if (mknodat(root->fd, path, S_IFREG | 0644, 0) < 0)
		return error_errno(ret_error, errno, "make the mount point /%s", path);
	return 0;
}

int root_make_file(
	const Root *root, const char *path, mode_t mode, const char *text, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	fd = openat(root->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return error_errno(ret_error, errno, "make the file /%s", path);
	if (fchown(fd, root->owner, root->owner) < 0)
		return error_errno(ret_error, errno, "set the owner of /%s", path);
	r = text ? fd_write_all(fd, text, strlen(text)) : 0;
	return r < 0 ? error_errno(ret_error, -r, "write the file /%s", path) : 0;
}

int root_open(Root *root, Error **ret_error)
{
	_cleanup_free_ char *options = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	r = tmpfs_options(root, ROOT_OPTIONS, &options, ret_error);
	if (r == 0)
		r = mountfd_new(
			"tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &fd, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "mount the container's root");
	r = mountfd_attach(fd, AT_FDCWD, "/", ret_error);
	if (r < 0)
		return r;
	root->fd = TAKE_FD(fd);
	/* Binds by path are relative to here. */
	if (fchdir(root->fd) < 0)
		return error_errno(ret_error, errno, "enter the container's root");
	for (size_t i = 0; i < ARRAY_SIZE(root_directories); i++) {
		r = root_make_directory(
			root, root_directories[i].name, root_directories[i].mode, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A host directory, as its own root sees it but read-only, on target below the root. source_fd -EBADF: by path. */
static int bind_shared(Root *root, int source_fd, const char *source, int target_fd,
	const char *target, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	r = mountfd_clone(source_fd >= 0 ? source_fd : AT_FDCWD, source_fd >= 0 ? "" : source,
		MOUNT_CLONE_RECURSIVE | MOUNT_CLONE_FOLLOW, &fd, ret_error);
	if (r < 0)
		return r;
	r = mountfd_set(fd, MOUNT_CLONE_RECURSIVE, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV,
		root->userns_fd, source, ret_error);
	if (r < 0)
		return r;
	return mountfd_attach(fd, target_fd, target, ret_error);
}

static int share_system_name(Root *root, const char *name, Error **ret_error)
{
	char source[16], link[64];
	ssize_t n;
	int r;

	(void)snprintf(source, sizeof(source), "/%s", name);
	n = readlink(source, link, sizeof(link) - 1);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n >= 0) {
		link[n] = '\0';
		if (symlinkat(link, root->fd, name) < 0)
			return error_errno(ret_error, errno, "make the link /%s", name);
		return 0;
	}
	if (errno != EINVAL)
		return error_errno(ret_error, errno, "look at %s", source);
	r = root_make_directory(root, name, 0755, ret_error);
	return r < 0 ? r : bind_shared(root, -EBADF, source, root->fd, name, ret_error);
}

int root_bind_system(Root *root, Error **ret_error)
{
	int r;

	r = bind_shared(root, -EBADF, "/usr", root->fd, "usr", ret_error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(system_names); i++) {
		r = share_system_name(root, system_names[i], ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int root_bind_shared(Root *root, Error **ret_error)
{
	int r;

	for (char *const *s = root->spec->shared; s && *s; s++) {
		_cleanup_fd_ int fd = -EBADF, source = -EBADF;

		r = trusted_path_open(*s, 0, &source, NULL, ret_error);
		if (r < 0)
			return r;
		fd = path_mkdir_in_root(root->fd, *s, 0755);
		if (fd < 0)
			return error_errno(
				ret_error, -fd, "make the directory %s for sharing it", *s);
		r = bind_shared(root, source, *s, fd, "", ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int bind_content_name(
	Root *root, int tree_fd, const char *name, bool required, Error **ret_error)
{
	_cleanup_fd_ int source = -EBADF, fd = -EBADF;
	int r;

	/* O_NOFOLLOW by RESOLVE_NO_SYMLINKS: a link here would bind any directory of the host into
	 * the container. */
	source = path_open_no_links(tree_fd, name, O_PATH | O_DIRECTORY, 0);
	if (source == -ENOENT && !required)
		return 0;
	if (source == -ELOOP || source == -ENOTDIR)
		return error_set(ret_error, -source, "%s/%s is not a directory: refused",
			root->spec->tree, name);
	if (source < 0)
		return error_errno(ret_error, -source, "open %s/%s", root->spec->tree, name);
	r = mountfd_clone(source, "", 0, &fd, ret_error);
	if (r < 0)
		return r;
	r = mountfd_set(fd, 0, MOUNT_ATTR_NODEV, root->userns_fd, root->spec->tree, ret_error);
	if (r < 0)
		return r;
	return mountfd_attach(fd, root->fd, name, ret_error);
}

/* Over the tree's empty directory in our own mount namespace: the host never sees what is in it. */
static int mount_image(const Root *root, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!root->spec->image)
		return 0;
	r = image_open(root->spec->image, false, -EBADF, &fd, ret_error);
	if (r < 0)
		return r;
	return mountfd_attach(fd, AT_FDCWD, root->spec->tree, ret_error);
}

static int bind_tree(Root *root, Error **ret_error)
{
	_cleanup_fd_ int tree_fd = -EBADF;
	int r = mount_image(root, ret_error);

	if (r < 0)
		return r;
	r = trusted_path_open(root->spec->tree, TRUSTED_NO_CONTAINER | TRUSTED_ROOT_ONLY, &tree_fd,
		NULL, ret_error);
	if (r == 0) /* trees of releases that did not mark them */
		r = trusted_path_mark(tree_fd, root->spec->tree, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "open the content tree");
	for (size_t i = 0; i < ARRAY_SIZE(content_names); i++) {
		r = bind_content_name(
			root, tree_fd, content_names[i].name, content_names[i].required, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One of the directories of the common file system, under its last name. */
static int bind_common(Root *root, size_t i, Error **ret_error)
{
	char source[32];
	int r;

	(void)snprintf(
		source, sizeof(source), COMMON_PLACE "/%s", path_base(volatile_names[i].name));
	if (mkdir(source, volatile_names[i].mode) < 0 ||
		lchown(source, root->owner, root->owner) < 0)
		return error_errno(ret_error, errno, "make /%s", volatile_names[i].name);
	r = mount_bind(source, volatile_names[i].name, 0);
	return r < 0 ? error_errno(ret_error, -r, "bind /%s", volatile_names[i].name) : 0;
}

static int mount_common(Root *root, Error **ret_error)
{
	int r = root_mount_tmpfs(root, COMMON_PLACE, VOLATILE_OPTIONS,
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ret_error);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(volatile_names); i++)
		r = bind_common(root, i, ret_error);
	return r;
}

static int mount_separate(Root *root, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(volatile_names); i++)
		if (!volatile_names[i].content)
			r = root_mount_tmpfs(root, volatile_names[i].name,
				volatile_names[i].options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
				ret_error);
	return r;
}

static int make_fresh_var(Root *root, Error **ret_error)
{
	int r = root_make_directory(root, "var/tmp", 01777, ret_error);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fresh_var); i++)
		r = root_make_directory(root, fresh_var[i], 0755, ret_error);
	if (r == 0 && symlinkat("../run", root->fd, "var/run") < 0)
		r = error_errno(ret_error, errno, "make the link /var/run");
	return r;
}

int root_bind_content(Root *root, Error **ret_error)
{
	return root->spec->tree ? bind_tree(root, ret_error) : etc_make(root, ret_error);
}

/* The socket's file must allow writing to everybody (its directory should not): the container's
 * root is not its owner. */
static int bind_notify(Root *root, Error **ret_error)
{
	_cleanup_fd_ int source = -EBADF, fd = -EBADF;
	struct stat st;
	int r;

	source = open(root->spec->notify, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0 || fstat(source, &st) < 0)
		return error_errno(
			ret_error, errno, "open the notify socket %s", root->spec->notify);
	if (!S_ISSOCK(st.st_mode))
		return error_set(ret_error, ENOTSOCK, "the notify socket %s is not a socket",
			root->spec->notify);
	r = root_make_target(root, "run/host/notify", ret_error);
	if (r < 0)
		return r;
	r = mountfd_clone(source, "", 0, &fd, ret_error);
	return r < 0 ? r : mountfd_attach(fd, root->fd, "run/host/notify", ret_error);
}

int root_mount_volatile(Root *root, Error **ret_error)
{
	int r;

	r = root->spec->tree ? mount_separate(root, ret_error) : mount_common(root, ret_error);
	if (r == 0 && !root->spec->tree)
		r = make_fresh_var(root, ret_error);
	if (r == 0)
		r = root_make_directory(root, "run/lock", 01777, ret_error);
	if (r == 0)
		r = root_make_directory(root, "run/host", 0755, ret_error);
	/* Its systemd would make it; but no label has to allow that, and so none has to allow to rename it either (AppArmor's rules). */
	if (r == 0 && root->spec->desc->kind == DESC_SERVICE)
		r = root_make_directory(root, "run/systemd", 0755, ret_error);
	return r < 0 || !root->spec->notify ? r : bind_notify(root, ret_error);
}

int root_enter(Root *root, Error **ret_error)
{
	/* This also moves the payload, which shares our mount namespace, into the new root: it
	 * needs no pivot of its own. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return error_errno(ret_error, errno, "make the container's root the root");
	/* The old root lies over the new one now; with it goes every unmasked procfs and sysfs. As
	 * long as one were in this namespace, the kernel would let the container mount fresh ones
	 * (mount_too_revealing). */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_errno(ret_error, errno, "detach the host's root");
	return mountfd_set(
		root->fd, 0, MOUNT_ATTR_RDONLY, -EBADF, "the container's root", ret_error);
}
