/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One file's label, and the walk. The xattr calls that take descriptors refuse O_PATH; the magic link /proc/self/fd/N reaches the very object, a symbolic
 * link itself included, and cannot be redirected by whoever writes to the tree.
 */
#include "label/filelabel.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"

#define NAME_SIZE 64 /* bytes of an attribute's name: ours are short and fixed */

typedef struct AttributeName {
	char text[NAME_SIZE];
} AttributeName;

static AttributeName label_name(const Label *label)
{
	AttributeName name;

	(void)snprintf(name.text, sizeof(name.text), "%s%s", label->host->xattr_prefix,
		label->driver->xattr);
	return name;
}

static AttributeName memory_name(const Label *label, const char *what)
{
	AttributeName name;

	(void)snprintf(name.text, sizeof(name.text), "%svirt-sandbox.%s.%s",
		label->host->memory_prefix, label->driver->name, what);
	return name;
}

/* *ret NULL: there is none. */
static int get_attribute(int fd, const char *name, char **ret, Error **ret_error)
{
	char text[LABEL_TEXT_MAX + 1];
	ssize_t n = getxattr(fd_magic(fd).path, name, text, LABEL_TEXT_MAX);
	char *copy = NULL;

	if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		return error_errno(ret_error, errno, "cannot read the attribute %s", name);
	if (n >= 0) {
		text[n] = '\0'; /* the kernel's labels may end in a NUL of their own */
		copy = strdup(text);
		if (!copy)
			return error_oom(ret_error);
	}
	*ret = copy;
	return 0;
}

static int set_attribute(int fd, const char *name, const char *value)
{
	return setxattr(fd_magic(fd).path, name, value, strlen(value), 0) < 0 ? -errno : 0;
}

int filelabel_get(const Label *label, int fd, char **ret, Error **ret_error)
{
	return get_attribute(fd, label_name(label).text, ret, ret_error);
}

int filelabel_set(const Label *label, int fd, const char *text, Error **ret_error)
{
	AttributeName name = label_name(label);
	int r = 0;

	if (!text && removexattr(fd_magic(fd).path, name.text) < 0 && errno != ENODATA)
		return error_errno(ret_error, errno, "cannot remove the label");
	if (!text)
		return 0;
	/* Ordinary descriptors need no /proc: the engine labels device nodes where none is mounted any more. */
	if (fsetxattr(fd, name.text, text, strlen(text), 0) < 0)
		r = errno == EBADF ? set_attribute(fd, name.text, text) : -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot set the label %s", text) : 0;
}

static bool same_label(const Label *label, const char *a, const char *b)
{
	if (label->driver->names_maker) {
		const char *p = strchr(a, ':'), *q = strchr(b, ':');

		if (p && q)
			return strcmp(p, q) == 0;
	}
	return strcmp(a, b) == 0;
}

bool filelabel_is_ours(const Label *label, const char *text)
{
	return text && (same_label(label, text, label->file) ||
			       (label->real_file && same_label(label, text, label->real_file)));
}

void filememory_done(FileMemory *memory)
{
	free(memory->old);
	strv_free(memory->users);
	*memory = (FileMemory){};
}

int filememory_get(const Label *label, int fd, FileMemory *ret, Error **ret_error)
{
	_cleanup_filememory_ FileMemory memory = {};
	_cleanup_free_ char *users = NULL;
	int r = get_attribute(fd, memory_name(label, "users").text, &users, ret_error);

	if (r >= 0)
		r = get_attribute(fd, memory_name(label, "label").text, &memory.old, ret_error);
	if (r < 0)
		return r;
	/* ours: nobody else may write trusted attributes */
	if (users && memory.old && strv_split(&memory.users, users, " ") < 0)
		return error_oom(ret_error);
	*ret = memory;
	memory = (FileMemory){};
	return 0;
}

int filememory_set(const Label *label, int fd, const FileMemory *memory, Error **ret_error)
{
	AttributeName label_attribute = memory_name(label, "label"),
		      users_attribute = memory_name(label, "users");
	_cleanup_free_ char *users = NULL;
	int r;

	if (!memory->users) {
		(void)removexattr(fd_magic(fd).path,
			users_attribute.text); /* without its users a label means nothing, */
		(void)removexattr(fd_magic(fd).path,
			label_attribute.text); /* and they are missing where none are kept */
		return 0;
	}
	users = strv_join(memory->users, " ");
	if (!users)
		return error_oom(ret_error);
	if (strlen(users) > LABEL_TEXT_MAX)
		return error_set(ret_error, E2BIG, "too many containers share it");
	r = set_attribute(fd, label_attribute.text, memory->old);
	if (r == 0)
		r = set_attribute(fd, users_attribute.text, users);
	if (r < 0 && r != -EOPNOTSUPP &&
		r != -EPERM) /* EPERM: user attributes on links and nodes, in tests */
		return error_errno(ret_error, -r, "cannot record the label %s", memory->old);
	return 0;
}

typedef struct Walk {
	dev_t device;
	FileVisitor visitor;
	void *data;
	Error **ret_error;
} Walk;

static int walk_directory(
	const Walk *walk, int fd, const char *path, const char *inherited, unsigned int depth);

/* A bind mount of a directory of the same file system has its device: "/" itself could be there. */
static bool is_mounted(int fd)
{
	struct statx found;

	return statx(fd, "", AT_EMPTY_PATH, 0, &found) == 0 &&
	       found.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* fd is the O_PATH descriptor of the object. */
static int walk_object(
	const Walk *walk, int fd, const char *path, const char *inherited, unsigned int depth)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return error_errno(walk->ret_error, errno, "cannot examine %s", path);
	if (st.st_dev != walk->device || (depth > 0 && is_mounted(fd)))
		return 0; /* mounted here from elsewhere */
	r = walk->visitor(fd, &st, path, &inherited, walk->data, walk->ret_error);
	if (r < 0)
		return error_wrap(walk->ret_error, "%s", path);
	return S_ISDIR(st.st_mode) ? walk_directory(walk, fd, path, inherited, depth + 1) : 0;
}

static int walk_directory(
	const Walk *walk, int fd, const char *path, const char *inherited, unsigned int depth)
{
	_cleanup_dir_ DIR *directory = NULL;
	_cleanup_fd_ int read_fd = -EBADF;
	struct dirent *entry;

	if (depth > FILELABEL_DEPTH_MAX)
		return error_set(walk->ret_error, ELOOP, "%s: more than %d directories deep", path,
			FILELABEL_DEPTH_MAX);
	read_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (read_fd < 0)
		return error_errno(walk->ret_error, errno, "cannot read %s", path);
	directory = fdopendir(read_fd);
	if (!directory)
		return error_errno(walk->ret_error, errno, "cannot read %s", path);
	(void)TAKE_FD(read_fd); /* closedir() closes it */
	while ((entry = readdir(directory))) {
		_cleanup_free_ char *child = NULL;
		_cleanup_fd_ int child_fd = -EBADF;
		int r;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		child = path_join(path, entry->d_name);
		if (!child)
			return error_oom(walk->ret_error);
		child_fd = openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (child_fd < 0 && errno == ENOENT)
			continue;
		if (child_fd < 0)
			return error_errno(walk->ret_error, errno, "cannot open %s", child);
		r = walk_object(walk, child_fd, child, inherited, depth);
		if (r < 0)
			return r;
	}
	return 0;
}

int filelabel_walk(const char *path, FileVisitor visitor, void *data, Error **ret_error)
{
	Walk walk = { .visitor = visitor, .data = data, .ret_error = ret_error };
	_cleanup_fd_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	struct stat st;

	fd = root < 0 ? -errno : path_open_no_links(root, path, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot examine %s", path);
	walk.device = st.st_dev;
	return walk_object(&walk, fd, path, NULL, 0);
}
