/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading the host below one root directory.
 */
#include "host/host-root.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"

static bool is_link_into_usr(const HostRoot *root, const char *path)
{
	_cleanup_free_ char *target = NULL;

	if (host_root_readlink(root, path, &target) < 0)
		return false;
	return strncmp(target + strspn(target, "/"), "usr/", strlen("usr/")) == 0;
}

int host_root_open(HostRoot *root, const char *path, Error **ret_error)
{
	HostRoot opened = { .fd = -EBADF };

	opened.path = strdup(path ? path : "");
	if (!opened.path)
		return error_oom(ret_error);
	opened.fd = open(path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (opened.fd < 0) {
		int errnum = errno;

		host_root_done(&opened);
		return error_errno(
			ret_error, errnum, "cannot open the root directory %s", path ? path : "/");
	}
	opened.merged = is_link_into_usr(&opened, "/lib");
	*root = opened;
	return 0;
}

void host_root_done(HostRoot *root)
{
	root->fd = fd_close(root->fd);
	free(root->path);
	root->path = NULL;
}

int host_root_open_file(const HostRoot *root, const char *path, int flags)
{
	int fd;

	/* The real root needs no openat2(), so that old kernels do. */
	if (*root->path)
		return path_open_in_root(root->fd, path, flags, 0);
	fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int host_root_read(
	const HostRoot *root, const char *path, char **ret, size_t *ret_size, Error **ret_error)
{
	_cleanup_fd_ int fd = host_root_open_file(root, path, O_RDONLY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot read %s%s", root->path, path);
	r = fd_read_all(fd, FILE_LIMIT, ret, ret_size);
	return r < 0 ? error_errno(ret_error, -r, "cannot read %s%s", root->path, path) : 0;
}

int host_root_lstat(const HostRoot *root, const char *path, struct stat *ret)
{
	_cleanup_fd_ int fd = -EBADF;

	if (!*root->path)
		return lstat(path, ret) < 0 ? -errno : 0;
	fd = host_root_open_file(root, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

int host_root_stat(const HostRoot *root, const char *path, struct stat *ret)
{
	_cleanup_fd_ int fd = host_root_open_file(root, path, O_PATH);

	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

int host_root_realpath(const HostRoot *root, const char *path, char **ret)
{
	_cleanup_fd_ int fd = host_root_open_file(root, path, O_PATH);
	char link[64], target[PATH_MAX];
	size_t n = strlen(root->path);
	ssize_t size;

	if (fd < 0)
		return fd;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, target, sizeof(target));
	if (size < 0)
		return -errno;
	if ((size_t)size >= sizeof(target))
		return -ENAMETOOLONG;
	target[size] = '\0';
	if (strncmp(target, root->path, n) != 0 || target[n] != '/')
		return -EXDEV;
	*ret = strdup(target + n);
	return *ret ? 0 : -ENOMEM;
}

/* As readlink(2), with a negative errno. */
static ssize_t read_link(const HostRoot *root, const char *path, char *target, size_t size)
{
	_cleanup_fd_ int fd = -EBADF;
	ssize_t n;

	if (!*root->path) {
		n = readlink(path, target, size);
		return n < 0 ? -errno : n;
	}
	fd = host_root_open_file(root, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, size);
	if (n < 0)
		return errno == ENOENT
			       ? -EINVAL
			       : -errno; /* what the kernel says of an O_PATH descriptor that is no link */
	return n;
}

int host_root_readlink(const HostRoot *root, const char *path, char **ret)
{
	char target[PATH_MAX];
	char *copy;
	ssize_t n = read_link(root, path, target, sizeof(target));

	if (n < 0)
		return (int)n;
	if ((size_t)n >= sizeof(target))
		return -ENAMETOOLONG;
	copy = strndup(target, (size_t)n);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int host_root_each(const HostRoot *root, const char *path, HostRootEach each, void *data)
{
	_cleanup_fd_ int fd = host_root_open_file(root, path, O_RDONLY | O_DIRECTORY);
	_cleanup_dir_ DIR *dir = NULL;
	size_t n = 0;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)TAKE_FD(fd); /* closedir() closes it */
	for (;;) {
		struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++n > HOST_LIST_MAX)
			return -E2BIG;
		r = each(dirfd(dir), entry->d_name, entry->d_type, data);
		if (r < 0)
			return r;
	}
}

int host_root_link_at(int fd, const char *name, unsigned char type, char **ret)
{
	char target[PATH_MAX];
	ssize_t n;

	if (type != DT_LNK && type != DT_UNKNOWN)
		return 0;
	n = readlinkat(fd, name, target, sizeof(target));
	if (n < 0) /* no link, or gone */
		return 0;
	if ((size_t)n >= sizeof(target))
		return -ENAMETOOLONG;
	*ret = strndup(target, (size_t)n);
	return *ret ? 0 : -ENOMEM;
}

typedef struct NameList {
	char **names;
	size_t n;
} NameList;

static int add_name(int fd, const char *name, unsigned char type, void *data)
{
	NameList *list = data;

	(void)fd;
	(void)type;
	/* Room doubles at each power of two: directories of hundreds of names are common. */
	if ((list->n & (list->n - 1)) == 0) {
		char **grown =
			reallocarray(list->names, list->n ? list->n * 2 + 1 : 2, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->names = grown;
	}
	list->names[list->n] = strdup(name);
	list->names[list->n + 1] = NULL;
	return list->names[list->n++] ? 0 : -ENOMEM;
}

int host_root_list(const HostRoot *root, const char *path, char ***ret)
{
	NameList list = { 0 };
	int r = host_root_each(root, path, add_name, &list);

	if (r < 0) {
		strv_free(list.names);
		return r;
	}
	if (list.n > 1)
		strv_sort(list.names);
	*ret = list.names;
	return 0;
}

bool host_root_is_canonical(const HostRoot *root, const char *path)
{
	static const char *const merged[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64",
		"/libx32" };

	if (!root->merged || strncmp(path, "/usr/", 5) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
		if (path_is_below(path, merged[i]) && strcmp(path, merged[i]) != 0)
			return false;
	return true;
}

char *host_root_canonical(const HostRoot *root, const char *path)
{
	return host_root_is_canonical(root, path) ? strdup(path) : path_join("/usr", path);
}

FactFileType host_file_type(mode_t mode)
{
	if (S_ISREG(mode))
		return FACT_FILE_REGULAR;
	if (S_ISDIR(mode))
		return FACT_FILE_DIRECTORY;
	if (S_ISLNK(mode))
		return FACT_FILE_LINK;
	return FACT_FILE_OTHER;
}
