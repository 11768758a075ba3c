/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Categories in use on this host.
 */
#include "label/inuse.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "label/context.h"

#define DIRECTORY_MAX 1000000u /* entries that are looked at in one directory */
#define LEVEL_TEXT_MAX 4096 /* bytes of one level in a text: all odd categories take 3 kB */

static int visit_context(const char *text, const char *whose, InUseVisitor visitor, void *data)
{
	_cleanup_context_ Context context = {};
	LevelRange range;

	/* What is no context, or has a range with names instead of numbers, has no categories that we could draw. The low end counts: it is what files
	 * are made with; a daemon's s0-s0:c0.c1023 is no compartment. */
	if (context_parse(text, &context) < 0 || !context.range ||
		level_parse_range(context.range, &range) < 0 || level_count(&range.low) == 0)
		return 0;
	return visitor(&range.low, whose, data);
}

/* The first line of a file of a process; NULL when the process has ended. */
static char *read_line(int proc_fd, const char *pid, const char *name)
{
	_cleanup_free_ char *path = path_join(pid, name), *text = NULL;

	if (!path || fd_read_at(proc_fd, path, LABEL_TEXT_MAX, &text) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return TAKE_PTR(text);
}

static int visit_process(int proc_fd, const char *pid, InUseVisitor visitor, void *data)
{
	_cleanup_free_ char *text = read_line(proc_fd, pid, "attr/current"), *name = NULL,
			    *whose = NULL;

	if (!text || !strstr(text, ":c"))
		return 0; /* most processes: no second read for a name that nobody will see */
	name = read_line(proc_fd, pid, "comm");
	if (asprintf(&whose, "process %s (%s)", pid, name ? name : "ended") < 0) {
		whose = NULL;
		return -ENOMEM;
	}
	return visit_context(text, whose, visitor, data);
}

int inuse_processes(const LabelHost *host, InUseVisitor visitor, void *data, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(host->root, "/proc");
	_cleanup_dir_ DIR *directory = NULL;
	struct dirent *entry;

	if (!path)
		return error_oom(ret_error);
	directory = opendir(path);
	if (!directory)
		return error_errno(ret_error, errno, "cannot read %s", path);
	for (unsigned int i = 0; i < DIRECTORY_MAX && (entry = readdir(directory)); i++) {
		int r;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		r = visit_process(dirfd(directory), entry->d_name, visitor, data);
		if (r < 0)
			return error_oom(ret_error);
		if (r > 0)
			return r;
	}
	return 0;
}

int inuse_text(const char *text, const char *whose, InUseVisitor visitor, void *data)
{
	while ((text = strstr(text, ":s"))) {
		size_t n = strspn(++text, "sc.,:-0123456789");
		_cleanup_free_ char *copy = NULL;
		LevelRange range;
		int r;

		if (n == 0 || n > LEVEL_TEXT_MAX)
			continue;
		/* ":s0:c1,c2," in a comma list of mount options */
		while (n > 0 && strchr(",.:-", text[n - 1]))
			n--;
		copy = strndup(text, n);
		if (!copy)
			return -ENOMEM;
		if (level_parse_range(copy, &range) < 0 || level_count(&range.low) == 0)
			continue;
		r = visitor(&range.low, whose, data);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Labels of the entries of a directory; what is below them has the same. */
static int visit_labels(const LabelHost *host, const char *path, InUseVisitor visitor, void *data,
	Error **ret_error)
{
	_cleanup_free_ char *xattr = NULL;
	_cleanup_dir_ DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory)
		return errno == ENOENT ? 0 : error_errno(ret_error, errno, "cannot read %s", path);
	if (asprintf(&xattr, "%sselinux", host->xattr_prefix) < 0) {
		xattr = NULL;
		return error_oom(ret_error);
	}
	for (unsigned int i = 0; i < DIRECTORY_MAX && (entry = readdir(directory)); i++) {
		_cleanup_free_ char *file = NULL;
		char text[LABEL_TEXT_MAX + 1];
		ssize_t n;
		int r;

		if (entry->d_name[0] == '.')
			continue;
		file = path_join(path, entry->d_name);
		if (!file)
			return error_oom(ret_error);
		n = lgetxattr(file, xattr, text, LABEL_TEXT_MAX);
		if (n <= 0)
			continue; /* gone, or on a file system without labels */
		text[n] = '\0';
		r = visit_context(text, file, visitor, data);
		if (r != 0)
			return r < 0 ? error_oom(ret_error) : r;
	}
	return 0;
}

static int visit_file(const char *path, InUseVisitor visitor, void *data, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read_optional(path, &text, NULL, ret_error);

	if (r <= 0)
		return r;
	r = inuse_text(text, path, visitor, data);
	return r < 0 ? error_oom(ret_error) : r;
}

static int visit_descriptions(const char *path, InUseVisitor visitor, void *data, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = file_list(path, ".xml", &names, ret_error);

	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *file = NULL;

		if (asprintf(&file, "%s/%s.xml", path, *name) < 0) {
			file = NULL;
			return error_oom(ret_error);
		}
		r = visit_file(file, visitor, data, ret_error);
		if (r != 0)
			return r;
	}
	return 0;
}

int inuse_files(const LabelHost *host, InUseVisitor visitor, void *data, Error **ret_error)
{
	static const char *const others[] = { "/etc/libvirt/qemu", "/etc/libvirt/lxc" };
	static const LayoutPlace ours[] = { LAYOUT_FILESYSTEMS, LAYOUT_IMAGES };
	_cleanup_free_ char *podman = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ours) && r == 0; i++) {
		_cleanup_free_ char *path = layout_path(ours[i]);

		if (!path)
			return error_oom(ret_error);
		r = visit_labels(host, path, visitor, data, ret_error);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others) && r == 0; i++) {
		_cleanup_free_ char *path = path_join(host->root, others[i]);

		if (!path)
			return error_oom(ret_error);
		r = visit_descriptions(path, visitor, data, ret_error);
	}
	if (r != 0)
		return r;
	podman = path_join(
		host->root, "/var/lib/containers/storage/overlay-containers/containers.json");
	return podman ? visit_file(podman, visitor, data, ret_error) : error_oom(ret_error);
}
