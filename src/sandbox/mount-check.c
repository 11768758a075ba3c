/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources of the description's mounts, asked for while a mistake costs nothing yet.
 */
#include "sandbox/mount-check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "engine/start/fs-image.h"
#include "engine/start/idmap.h"
#include "engine/start/mountfd.h"
#include "engine/start/mount-source.h"

/* Once the container runs the directory has its mark; before, the description tells. */
static int check_outside(const Desc *desc, const char *image, const char *real, Error **ret_error)
{
	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];
		_cleanup_free_ char *directory = NULL;
		_cleanup_fd_ int fd = -EBADF;
		int r;

		if (mount->type != DESC_MOUNT_HOST_BIND || mount->readonly)
			continue;
		r = mount_source_open(mount->source, true, &fd, &directory, ret_error);
		if (r < 0)
			return r;
		if (path_is_below(real, directory))
			return error_set(ret_error, EPERM,
				"cannot use %s: it is in %s, which the container can write to; "
				"choose a place that no container can write to",
				image, directory);
	}
	return 0;
}

static int check_image(const Desc *desc, const char *path, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = image_find(path, &fd, &real, ret_error);

	return r < 0 ? r : check_outside(desc, path, real, ret_error);
}

static int check_copied(const char *path, bool file, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = mount_source_open(path, false, &fd, NULL, ret_error);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot use %s: inspect it", path);
	if (S_ISREG(st.st_mode) || (!file && S_ISDIR(st.st_mode)))
		return 0;
	return error_set(ret_error, EINVAL, "cannot use %s: it is not a file%s", path,
		file ? "" : " or directory");
}

/* What a start copies, which says more. */
static int check_copies(const Desc *desc, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (path, desc->follow)
		if (r == 0 && check_copied(*path, false, ret_error) < 0)
			r = error_wrap(ret_error, "--follow");
	STRV_FOREACH (credential, desc->credentials)
		if (r == 0 && check_copied(strchr(*credential, '=') + 1, true, ret_error) < 0)
			r = error_wrap(ret_error, "--credential");
	return r;
}

int mount_sources_check(const Desc *desc, Error **ret_error)
{
	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];
		_cleanup_fd_ int fd = -EBADF;
		int r = 0;

		if (mount->type == DESC_MOUNT_HOST_BIND)
			r = mount_source_open(
				mount->source, !mount->readonly, &fd, NULL, ret_error);
		else if (mount->type == DESC_MOUNT_HOST_IMAGE)
			r = check_image(desc, mount->source, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "cannot mount %s", mount->target);
	}
	return check_copies(desc, ret_error);
}

/* 1: it is there, or a start has to say; 0: it is not. A link may lead to what only a start mounts. */
static int is_inside(int root_fd, const char *path)
{
	_cleanup_fd_ int fd = path_open_no_links(root_fd, path + 1, O_PATH, 0);

	return fd != -ENOENT && fd != -ENOTDIR;
}

/* Of the root itself: the host's /usr and what else is shared, what is new at each start, the content. */
static int is_in_root(const Desc *desc, int content_fd, const char *path)
{
	static const char *const system[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
		"/libx32" };
	static const char *const volatile_places[] = { "/run", "/tmp", "/var/run", "/var/lock" };
	static const char *const made[] = { "/run", "/run/lock", "/tmp", "/var/run", "/var/lock" };

	for (size_t i = 0; i < ARRAY_SIZE(system); i++)
		if (path_is_below(path, system[i]))
			return access(path, F_OK) == 0;
	if (path_is_below_any(path, desc->shared))
		return access(path, F_OK) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (strcmp(path, made[i]) == 0)
			return 1;
	for (size_t i = 0; i < ARRAY_SIZE(volatile_places); i++)
		if (path_is_below(path, volatile_places[i]))
			return 0;
	return is_inside(content_fd, path);
}

/* What a mount has at a path below its target. */
static int is_in_mount(const DescMount *mount, const char *rest)
{
	_cleanup_fd_ int fd = -EBADF;

	if (*rest == '\0' || mount->type == DESC_MOUNT_HOST_IMAGE)
		return 1;
	if (mount->type == DESC_MOUNT_RAM)
		return 0;
	fd = open(mount->source, O_PATH | O_CLOEXEC); /* that it may be used was asked before */
	return fd < 0 || is_inside(fd, rest);
}

/* In the mounts before the one with this number, the last of which is on top; 1, 0, -ENOMEM. */
static int is_there(const Desc *desc, size_t n, int content_fd, const char *path)
{
	for (size_t i = n; i-- > 0;) {
		const DescMount *mount = &desc->mounts[i];
		const char *rest = path + strlen(mount->target);
		_cleanup_free_ char *source = NULL;

		if (path_is_below(mount->target, path))
			return 1; /* made with the mount point, if by nobody else */
		if (!path_is_below(path, mount->target))
			continue;
		if (mount->type != DESC_MOUNT_GUEST_BIND)
			return is_in_mount(mount, rest);
		source = path_join(mount->source, rest + 1);
		return source ? is_there(desc, i, content_fd, source) : -ENOMEM;
	}
	return is_in_root(desc, content_fd, path);
}

int mount_inside_check(const Desc *desc, int content_fd, const char *tree, Error **ret_error)
{
	_cleanup_fd_ int tree_fd = -EBADF;

	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];
		int r;

		if (mount->type != DESC_MOUNT_GUEST_BIND)
			continue;
		if (content_fd < 0 && tree_fd < 0)
			tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (content_fd < 0 && tree_fd < 0)
			return error_errno(ret_error, errno, "cannot open %s", tree);
		r = is_there(desc, i, content_fd < 0 ? tree_fd : content_fd, mount->source);
		if (r < 0)
			return error_oom(ret_error);
		if (r == 0)
			return error_set(ret_error, ENOENT,
				"cannot mount %s: there is no %s in the container; name a path in its "
				"content or in an earlier mount, or add it with --with",
				mount->target, mount->source);
	}
	return 0;
}

static bool is_mappable(const char *path)
{
	SpecIdRange range = { .inside = 0, .outside = DESC_ID_COUNT, .count = DESC_ID_COUNT };
	const SpecIdMap map = { .ranges = &range, .n_ranges = 1 };
	_cleanup_fd_ int namespace_fd = -EBADF, fd = -EBADF;

	/* What cannot be asked now is said by the start. */
	return idmap_open_namespace(&map, &map, &namespace_fd, NULL) < 0 ||
	       mountfd_clone(AT_FDCWD, path, 0, &fd, NULL) < 0 ||
	       mountfd_set(fd, 0, 0, namespace_fd, path, NULL) != -EINVAL;
}

int mount_below_check(Plan *plan, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read("/proc/self/mountinfo", &text, NULL, ret_error);

	for (const char *line = text; r == 0 && line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		_cleanup_free_ char *path = mount_source_point(line);
		bool shared = path && (path_is_below(path, "/usr") ||
					      path_is_below_any(path, plan->shared));

		if (shared && strcmp(path, "/usr") != 0 && !is_mappable(path) &&
			strv_appendf(&plan->warnings,
				"%s is mounted from a file system that cannot be id-mapped by this "
				"kernel, and "
				"the container, which shares what is above it, will not start: "
				"unmount it there",
				path) < 0)
			r = error_oom(ret_error);
	}
	return r;
}

/* Can users of the host that own nothing on the way come to it, and does what they find there run with the id of its owner? */
static bool is_open_to_users(const char *path)
{
	_cleanup_free_ char *above = realpath(path, NULL);
	struct statvfs fs;
	struct stat st;

	if (!above || statvfs(path, &fs) < 0 || (fs.f_flag & ST_NOSUID))
		return false;
	for (char *slash = above + strlen(above); slash && slash > above;
		slash = strrchr(above, '/')) {
		*slash = '\0';
		if (*above &&
			(stat(above, &st) < 0 || (S_ISDIR(st.st_mode) && !(st.st_mode & S_IXOTH))))
			return false;
	}
	return true;
}

int mount_notes(const Desc *desc, char ***notes)
{
	for (size_t i = 0; i < desc->n_mounts; i++) {
		const DescMount *mount = &desc->mounts[i];

		if (mount->type == DESC_MOUNT_HOST_BIND && !mount->readonly &&
			is_open_to_users(mount->source) &&
			strv_appendf(notes,
				"Warning: users of this host can reach %s, where root inside can "
				"leave "
				"setuid programs of any owner; keep them out (chmod o-x), have it "
				"on a "
				"file system mounted nosuid, or mount it readonly",
				mount->source) < 0)
			return -ENOMEM;
	}
	return 0;
}
