/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hierarchies of cgroup v1.
 */
#include "engine/start/cgroup-v1.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "engine/start/cgroup.h"
#include "engine/start/mountfd.h"
#include "engine/start/namespaces.h"

#define TEXT_MAX (64u * 1024) /* bytes of /proc/self/cgroup and of a file of a cpuset */
#define NAMED "name="

void cgroup_v1_done(CgroupV1 *cgroups)
{
	while (cgroups->n > 0)
		(void)fd_close(cgroups->fds[--cgroups->n]);
}

/* A new cpuset has no processors, and takes no process before it has. */
static int fill_cpuset(int parent_fd, int fd)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_fd_ int from = openat(parent_fd, files[i], O_RDONLY | O_CLOEXEC),
				 to = openat(fd, files[i], O_RDWR | O_CLOEXEC);
		_cleanup_free_ char *text = NULL, *own = NULL;
		int r = from < 0 && errno == ENOENT ? 1 : from < 0 || to < 0 ? -errno : 0;

		if (r == 0)
			r = fd_read_all(to, TEXT_MAX, &own, NULL);
		if (r == 0 && own[strspn(own, "\n")] == '\0')
			r = fd_read_all(from, TEXT_MAX, &text, NULL);
		if (r == 0 && text && write(to, text, strlen(text)) < 0)
			r = -errno;
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return 0;
}

/* The descriptor by which the payload enters, or a negative errno. */
static int open_below(int mount_fd, const char *own)
{
	_cleanup_fd_ int fd = -EBADF, parent_fd = openat(mount_fd, *own ? own : ".",
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (parent_fd < 0 || (mkdirat(parent_fd, CGROUP_PARENT, 0700) < 0 && errno != EEXIST))
		return -errno;
	fd = openat(parent_fd, CGROUP_PARENT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fill_cpuset(parent_fd, fd);
	if (r < 0)
		return r;
	r = openat(fd, "tasks", O_WRONLY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

/* Where it usually is mounted, or in a mount of our own: it may be nowhere, or in part. */
static int open_hierarchy(const char *controllers, const char *own, Error **ret_error)
{
	const char *name = strncmp(controllers, NAMED, strlen(NAMED)) == 0
				   ? controllers + strlen(NAMED)
				   : controllers;
	_cleanup_free_ char *path = path_join("/sys/fs/cgroup", name);
	_cleanup_fd_ int usual_fd = -EBADF, mount_fd = -EBADF;
	struct statfs fs;
	int fd, r;

	if (!path)
		return error_oom(ret_error);
	usual_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (usual_fd >= 0 && fstatfs(usual_fd, &fs) == 0 && fs.f_type == CGROUP_SUPER_MAGIC) {
		fd = open_below(usual_fd, own);
		if (fd >= 0)
			return fd;
	}
	r = mountfd_new("cgroup", controllers, 0, &mount_fd, ret_error);
	if (r < 0)
		return r;
	fd = open_below(mount_fd, own);
	return fd < 0 ? error_errno(
				ret_error, -fd, "cannot create the cgroup %s/" CGROUP_PARENT, own)
		      : fd;
}

/* NUMBER:CONTROLLERS:PATH; that of cgroup v2 has no controllers. */
static int open_line(char *line, CgroupV1 *cgroups, Error **ret_error)
{
	char *controllers = strchr(line, ':'), *own;
	int fd;

	own = controllers ? strchr(++controllers, ':') : NULL;
	if (!own || own == controllers)
		return 0;
	*own++ = '\0';
	if (cgroups->n == CGROUP_V1_MAX)
		return error_set(ret_error, E2BIG,
			"the host has more than %d hierarchies of cgroup v1", CGROUP_V1_MAX);
	own = strstr(own, "/..") ? (char *)"" : own + strspn(own, "/"); /* outside of what we see */
	fd = open_hierarchy(controllers, own, ret_error);
	if (fd < 0)
		return error_wrap(
			ret_error, "cannot hide the host's cgroups of %s (cgroup v1)", controllers);
	cgroups->fds[cgroups->n++] = fd;
	return 0;
}

int cgroup_v1_open(const Spec *spec, int proc_fd, CgroupV1 *ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	char *state = NULL;
	int r;

	if (!(namespaces_new(&spec->namespaces) & CLONE_NEWCGROUP) ||
		!(spec->capabilities.bounding >> CAP_SYS_ADMIN & 1))
		return 0;
	r = fd_read_at(proc_fd, "self/cgroup", TEXT_MAX, &text);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /proc/self/cgroup");
	for (char *l = strtok_r(text, "\n", &state); r == 0 && l; l = strtok_r(NULL, "\n", &state))
		r = open_line(l, ret, ret_error);
	return r;
}

/* "0" by the process itself: to move another one, or a whole process, the kernel stops every fork on the host for a moment. */
int cgroup_v1_enter(const CgroupV1 *cgroups, Error **ret_error)
{
	for (size_t i = 0; i < cgroups->n; i++)
		if (write(cgroups->fds[i], "0", 1) < 0)
			return error_errno(ret_error, errno, "cannot enter a cgroup of cgroup v1");
	return 0;
}
