/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's cgroup. Below a unit with Delegate= it is "payload" in the unit's own cgroup,
 * and we move to "supervisor", because a cgroup that has children with controllers may have no
 * processes; elsewhere it is virt-sandbox/NAME. Limits are files of the container's directory,
 * which stay root's; the container owns only what delegation means.
 */
#include "engine/start/cgroup.h"
#include "engine/start/cgroup-values.h"
#include "engine/start/device-filter.h"
#include "engine/start/socket-filter.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "engine/engine.h"
#include "engine/spec/usual.h"
#include "base/procstat.h"
#include "base/strv.h"

#define CGROUP_TEXT_MAX                                                                            \
	(1024u * 1024) /* bytes of /proc/self/{cgroup,mountinfo} and of cgroup files */
#define CGROUP_LEAVE_MSEC 2000 /* until killed processes have left */
#define DELEGATE_FILES_MAX 64 /* lines of /sys/kernel/cgroup/delegate */

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* The mount point of a line of mountinfo if that is a cgroup2: "36 35 98:0 / /mnt rw shared:1 -
 * cgroup2 cgroup2 rw". */
static char *cgroup2_mount_point(char *line)
{
	char *separator = strstr(line, " - "), *state = NULL, *field;

	if (!separator || strncmp(separator + 3, "cgroup2 ", 8) != 0)
		return NULL;
	field = strtok_r(line, " ", &state);
	for (int i = 0; field && i < 4; i++)
		field = strtok_r(NULL, " ", &state);
	return field;
}

static int find_mount(int proc_fd, int *ret_fd, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	char *state = NULL;
	int r = fd_read_at(proc_fd, "self/mountinfo", CGROUP_TEXT_MAX, &text);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /proc/self/mountinfo");
	for (char *l = strtok_r(text, "\n", &state); l; l = strtok_r(NULL, "\n", &state)) {
		const char *point = cgroup2_mount_point(l);
		int fd = point ? open(point, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		if (fd >= 0 && is_cgroup2(fd)) {
			*ret_fd = fd;
			return 0;
		}
		(void)fd_close(fd);
	}
	return error_set(ret_error, ENOENT, "no cgroup v2 file system is mounted on this host");
}

int cgroup_open_mount(int proc_fd, int *ret_fd, Error **ret_error)
{
	static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		int fd = open(usual[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && is_cgroup2(fd)) {
			*ret_fd = fd;
			return 0;
		}
		(void)fd_close(fd);
	}
	return find_mount(proc_fd, ret_fd, ret_error);
}

/* Our own cgroup, if the service manager delegated it to us: systemd marks such a directory. */
static int find_delegated(int proc_fd, int mount_fd, char **ret, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fd_ int fd = -EBADF;
	char *own, value[2];
	int r = fd_read_at(proc_fd, "self/cgroup", CGROUP_TEXT_MAX, &text);

	*ret = NULL;
	if (r < 0)
		return error_errno(ret_error, -r, "cannot read /proc/self/cgroup");
	own = strstr(text, "0::/");
	if (!own)
		return 0;
	own += strlen("0::/");
	own[strcspn(own, "\n")] = '\0';
	if (*own == '\0')
		return 0;
	fd = path_open_no_links(mount_fd, own, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return 0; /* not below the mount that we see: a cgroup namespace around us */
	if (fgetxattr(fd, "trusted.delegate", value, sizeof(value)) != 1 &&
		fgetxattr(fd, "user.delegate", value, sizeof(value)) != 1)
		return 0;
	*ret = strdup(own);
	return *ret ? 0 : error_oom(ret_error);
}

static int remove_children(int fd, int depth);

static int remove_child(int parent_fd, const char *name, int depth)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = remove_children(fd, depth - 1);
	if (r < 0)
		return r;
	return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* Consumes nothing: works on a duplicate, as fdopendir() takes what it gets. */
static int remove_children(int fd, int depth)
{
	DIR *dir;
	int own, r = 0;

	if (depth == 0)
		return -ELOOP;
	own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = own < 0 ? NULL : fdopendir(own);
	if (!dir) {
		r = -errno;
		(void)fd_close(own);
		return r;
	}
	for (struct dirent *e = readdir(dir); e && r == 0; e = readdir(dir))
		if (e->d_type == DT_DIR && !path_is_dot(e->d_name))
			r = remove_child(fd, e->d_name, depth);
	(void)closedir(dir);
	return r;
}

/* A process that was killed is counted until the scheduler is through with it. The kernel tells
 * through cgroup.events. */
static int wait_empty(int fd, Deadline deadline)
{
	_cleanup_fd_ int events_fd = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (events_fd < 0)
		return -errno;
	while (r >= 0) {
		struct pollfd events = { .fd = events_fd, .events = POLLPRI };
		char text[256];
		ssize_t n = pread(events_fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return -errno;
		text[n] = '\0';
		if (strstr(text, "populated 0"))
			return 0;
		r = deadline_poll(&events, 1, deadline);
	}
	return r == -ETIMEDOUT ? -EBUSY : r;
}

void cgroup_kill(int fd)
{
	/* Root inside may have frozen what he was given, and we may have been asked to freeze all. Kernels before 5.14 know no cgroup.kill: there
	 * the death of PID 1 is that of all who are in its process ids. */
	(void)file_write_kernel(fd, "cgroup.freeze", "0", NULL);
	(void)file_write_kernel(fd, "cgroup.kill", "1", NULL);
}

int cgroup_remove(int mount_fd, const char *path, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (unlinkat(mount_fd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	fd = path_open_no_links(mount_fd, path, O_RDONLY | O_DIRECTORY, 0);
	r = fd < 0 ? fd : wait_empty(fd, deadline_in_msec(CGROUP_LEAVE_MSEC));
	if (r == 0)
		r = remove_children(fd, CGROUP_DEPTH_MAX);
	if (r == 0 && unlinkat(mount_fd, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	if (r == -EBUSY)
		return error_set(ret_error, EBUSY,
			"cannot remove the cgroup %s: processes in it have not ended", path);
	return r < 0 ? error_errno(ret_error, -r, "cannot remove the cgroup %s", path) : 0;
}

/* "sandbox-PID" of a process that is gone. */
static bool is_leftover(const char *name)
{
	int pid, end = 0;

	return sscanf(name, CGROUP_OF_PROCESS "%n", &pid, &end) == 1 && !name[end] && pid > 0 &&
	       procstat_is_gone(pid);
}

void cgroup_sweep(int mount_fd)
{
	_cleanup_fd_ int fd =
		openat(mount_fd, CGROUP_PARENT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *dir;

	/* Two links are its own, and there is one for each directory below: most often there is none. */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_nlink <= 2)
		return;
	dir = fdopendir(fd);
	if (!dir)
		return;
	TAKE_FD(fd);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (e->d_type == DT_DIR && is_leftover(e->d_name))
			(void)cgroup_remove(
				dirfd(dir), e->d_name, NULL); /* the next one tries again */
	(void)closedir(dir);
}

void cgroup_done(Cgroup *cgroup)
{
	if (cgroup->path)
		(void)cgroup_remove(cgroup->mount_fd, cgroup->path, NULL);
	free(cgroup->path);
	cgroup->fd = fd_close(cgroup->fd);
	cgroup->mount_fd = fd_close(cgroup->mount_fd);
	cgroup->path = NULL;
}

/* Words of a space separated list, as in cgroup.controllers. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strcspn(p, " \n"), p += strspn(p, " \n"))
		if (strncmp(p, word, n) == 0 && strchr(" \n", p[n]))
			return true;
	return false;
}

/* Which controllers the description's limits need; a limit on tasks is always wanted, but no
 * reason to fail. */
static const struct {
	const char *controller, *key;
	size_t offset;
} needs[] = {
	{ "memory", "memory", offsetof(SpecResources, memory) },
	{ "cpu", "cpus", offsetof(SpecResources, cpu_milli) },
	{ "pids", "pids", offsetof(SpecResources, pids) },
	{ "io", "io-weight", offsetof(SpecResources, io_weight) },
};

static bool is_wanted(const SpecResources *resources, size_t i)
{
	uint64_t value;

	memcpy(&value, (const char *)resources + needs[i].offset, sizeof(value));
	return value != 0 && value != UINT64_MAX;
}

static bool has_wants(const Spec *spec)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (is_wanted(&spec->resources, i))
			return true;
	return spec->n_cgroup_values > 0;
}

/* Those of the limits always, and that of processors: one may be set later, or by a unit inside. */
static bool is_handed_down(const Spec *spec, const char *controller)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (strcmp(needs[i].controller, controller) == 0)
			return true;
	return strcmp(controller, "cpuset") == 0 || cgroup_values_need(spec, controller);
}

/* Hands the controllers that are there down to the children of dirfd. One that cannot be enabled
 * is found out, with a better sentence, when a limit that needs it is set. */
static int enable_controllers(int dirfd, const Spec *spec)
{
	_cleanup_free_ char *available = NULL, *enabled = NULL;
	int r = fd_read_at(dirfd, "cgroup.controllers", CGROUP_TEXT_MAX, &available);

	if (r >= 0)
		r = fd_read_at(dirfd, "cgroup.subtree_control", CGROUP_TEXT_MAX, &enabled);
	if (r < 0)
		return r;
	for (size_t i = 0; cgroup_controllers[i]; i++) {
		const char *controller = cgroup_controllers[i];
		char word[16];

		if (!is_handed_down(spec, controller) || !has_word(available, controller) ||
			has_word(enabled, controller))
			continue;
		(void)snprintf(word, sizeof(word), "+%s", controller);
		(void)file_write_kernel(dirfd, "cgroup.subtree_control", word, NULL);
	}
	return 0;
}

/* A directory that is there already is a leftover if it is empty and a running container if it is
 * not. */
static int make_directory(int mount_fd, const char *path, Error **ret_error)
{
	if (mkdirat(mount_fd, path, 0755) == 0)
		return 0;
	if (errno == EEXIST && cgroup_remove(mount_fd, path, NULL) == 0 &&
		mkdirat(mount_fd, path, 0755) == 0)
		return 0;
	if (errno == EEXIST || errno == EBUSY)
		return error_set(ret_error, EBUSY,
			"the cgroup %s is in use: is the container running?", path);
	return error_errno(ret_error, errno, "cannot create the cgroup %s", path);
}

static int enter_supervisor(const Spec *spec, int mount_fd, const char *own, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(own, "supervisor/cgroup.procs");
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!path)
		return error_oom(ret_error);
	*strrchr(path, '/') = '\0';
	if (mkdirat(mount_fd, path, 0755) < 0 && errno != EEXIST)
		return error_errno(ret_error, errno, "cannot create the cgroup %s", path);
	path[strlen(path)] = '/';
	r = file_write_kernel(mount_fd, path, "0", ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot move to the cgroup %s", path);
	fd = path_open_no_links(mount_fd, own, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? error_errno(ret_error, -fd, "cannot open the cgroup %s", own)
		      : enable_controllers(fd, spec);
}

static int enter_common(const Spec *spec, int mount_fd, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	bool made = mkdirat(mount_fd, CGROUP_PARENT, 0755) == 0;
	int r;

	if (!made && errno != EEXIST)
		return error_errno(ret_error, errno, "cannot create the cgroup " CGROUP_PARENT);
	if (!made && !has_wants(spec)) /* whoever made it did the rest */
		return 0;
	fd = path_open_no_links(mount_fd, CGROUP_PARENT, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open the cgroup " CGROUP_PARENT);
	r = enable_controllers(mount_fd, spec);
	if (r >= 0)
		r = enable_controllers(fd, spec);
	return r < 0 ? error_errno(ret_error, -r, "cannot read the controllers of the cgroup tree")
		     : 0;
}

/* Where somebody else wants it: what is missing above it is made, and stays. */
static int enter_named(const Spec *spec, int mount_fd, char **ret, Error **ret_error)
{
	_cleanup_free_ char *path = strdup(spec->cgroup.path);
	int r = path ? enable_controllers(mount_fd, spec) : error_oom(ret_error);

	for (char *p = path ? strchr(path, '/') : NULL; r == 0 && p; p = strchr(p + 1, '/')) {
		_cleanup_fd_ int fd = -EBADF;

		*p = '\0';
		if (mkdirat(mount_fd, path, 0755) < 0 && errno != EEXIST)
			return error_errno(ret_error, errno, "cannot create the cgroup %s", path);
		fd = path_open_no_links(mount_fd, path, O_RDONLY | O_DIRECTORY, 0);
		r = fd < 0 ? fd : enable_controllers(fd, spec);
		*p = '/';
	}
	if (r < 0)
		return error_errno(ret_error, -r, "cannot delegate controllers to the cgroup %s",
			spec->cgroup.path);
	*ret = TAKE_PTR(path);
	return 0;
}

static int choose_path(const Spec *spec, int proc_fd, int mount_fd, char **ret, Error **ret_error)
{
	_cleanup_free_ char *own = NULL;
	int r;

	if (spec->cgroup.path)
		return enter_named(spec, mount_fd, ret, ret_error);
	r = find_delegated(proc_fd, mount_fd, &own, ret_error);
	if (r >= 0)
		r = own ? enter_supervisor(spec, mount_fd, own, ret_error)
			: enter_common(spec, mount_fd, ret_error);
	if (r < 0)
		return r;
	*ret = own ? path_join(own, "payload") : path_join(CGROUP_PARENT, spec->name);
	return *ret ? 0 : error_oom(ret_error);
}

/* The files that the kernel says are meant to be delegated; without the list, the three that
 * always were. Never a limit. */
static int delegate(int fd, uid_t owner, Error **ret_error)
{
	_cleanup_free_ char *list = NULL;
	char *state = NULL;
	int files = 0;

	if (fchown(fd, owner, owner) < 0)
		return error_errno(ret_error, errno, "cannot give the cgroup to the container");
	if (fd_read_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", CGROUP_TEXT_MAX, &list) < 0)
		list = strdup("cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n");
	if (!list)
		return error_oom(ret_error);
	for (char *name = strtok_r(list, "\n", &state); name; name = strtok_r(NULL, "\n", &state)) {
		if (++files > DELEGATE_FILES_MAX)
			break;
		if (fchownat(fd, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return error_errno(
				ret_error, errno, "cannot give %s to the container", name);
	}
	return 0;
}

static int write_number(int fd, const char *file, uint32_t number, Error **ret_error)
{
	char text[16];

	if (number == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "%u", number);
	return file_write_kernel(fd, file, text, ret_error);
}

/* These two are files of the container's own directory, and root's. */
static int limit_descendants(int fd, const SpecCgroup *spec, Error **ret_error)
{
	int r = write_number(fd, "cgroup.max.depth", spec->depth, ret_error);

	return r < 0 ? r : write_number(fd, "cgroup.max.descendants", spec->descendants, ret_error);
}

/* NULL where there are none. */
static char *available_controllers(void)
{
	_cleanup_fd_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
			 mount_fd = -EBADF;
	char *available = NULL;

	if (proc_fd >= 0 && cgroup_open_mount(proc_fd, &mount_fd, NULL) == 0)
		(void)fd_read_at(mount_fd, "cgroup.controllers", CGROUP_TEXT_MAX, &available);
	return available;
}

bool run_can_limit(const char *controller)
{
	_cleanup_free_ char *available = available_controllers();

	return available && has_word(available, controller);
}

int run_cannot_limit(char ***ret)
{
	_cleanup_free_ char *available = available_controllers();

	for (size_t i = 0; cgroup_controllers[i]; i++)
		if ((!available || !has_word(available, cgroup_controllers[i])) &&
			strv_append(ret, cgroup_controllers[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int refuse_without(const Spec *spec, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (is_wanted(&spec->resources, i))
			return error_set(ret_error, EOPNOTSUPP,
				"%s cannot be limited: this host has no cgroup v2 file system",
				needs[i].key);
	if (spec->cgroup.path || spec->n_cgroup_values > 0 || spec->n_device_rules > 0 ||
		spec->cgroup.socket_rules)
		return error_set(ret_error, EOPNOTSUPP,
			"cannot make the container's cgroup: this host has no cgroup v2 file system mounted");
	if (spec->cgroup.delegate)
		return error_set(ret_error, EOPNOTSUPP,
			"systemd cannot run in a container: this host has no cgroup v2 file system mounted");
	return 0;
}

int cgroup_make(const Spec *spec, uid_t owner, int proc_fd, Cgroup *ret, Error **ret_error)
{
	_cleanup_cgroup_ Cgroup cgroup = { .fd = -EBADF, .mount_fd = -EBADF };
	_cleanup_free_ char *path = NULL;
	int r = cgroup_open_mount(proc_fd, &cgroup.mount_fd, NULL);

	if (r < 0) {
		r = refuse_without(spec, ret_error);
		if (r == 0)
			*ret = (Cgroup){ .fd = -EBADF, .mount_fd = -EBADF };
		return r;
	}
	r = choose_path(spec, proc_fd, cgroup.mount_fd, &path, ret_error);
	if (r >= 0)
		r = make_directory(cgroup.mount_fd, path, ret_error);
	if (r < 0)
		return r;
	cgroup.path = TAKE_PTR(path);
	cgroup.fd = path_open_no_links(cgroup.mount_fd, cgroup.path, O_RDONLY | O_DIRECTORY, 0);
	if (cgroup.fd < 0)
		return error_errno(ret_error, -cgroup.fd, "cannot open the cgroup %s", cgroup.path);
	r = run_set_resources(cgroup.fd, &spec->resources, ret_error);
	if (r < 0)
		return r;
	r = limit_descendants(cgroup.fd, &spec->cgroup, ret_error);
	if (r == 0)
		r = cgroup_values_apply(cgroup.fd, spec, ret_error);
	if (r == 0)
		r = device_filter_apply(cgroup.fd, spec, ret_error);
	if (r == 0 && spec->cgroup.delegate)
		r = delegate(cgroup.fd, owner, ret_error);
	if (r == 0)
		r = socket_filter_apply(cgroup.fd, spec, owner, ret_error);
	if (r < 0)
		return r;
	*ret = cgroup;
	cgroup = (Cgroup){ .fd = -EBADF, .mount_fd = -EBADF };
	return 0;
}
