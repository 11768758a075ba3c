/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel takes the map of a mount from a user namespace, and a user namespace from a process in it: one that is born for that
 * and killed at once.
 */
#include "engine/start/idmap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"

char *idmap_format(const SpecIdMap *map)
{
	_cleanup_buf_ Buf buf = { 0 };
	char *text = NULL;

	for (size_t i = 0; i < map->n_ranges; i++)
		buf_printf(&buf, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", map->ranges[i].inside,
			map->ranges[i].outside, map->ranges[i].count);
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}

/* Who it is in the host's /proc: we are in the container's process ids, where it has another number. */
_noreturn_ static void stand_for_ids(int pipe_fd)
{
	char self[16];
	ssize_t n = readlink("/proc/self", self, sizeof(self));

	if (n > 0)
		(void)!write(pipe_fd, self, (size_t)n); /* end of file says that it failed */
	(void)close(pipe_fd);
	for (;;)
		(void)pause();
}

static int write_map(const char *pid, const char *name, const SpecIdMap *map, Error **ret_error)
{
	_cleanup_free_ char *text = idmap_format(map);
	char path[48];

	if (!text)
		return error_oom(ret_error);
	(void)snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	return file_write_kernel(AT_FDCWD, path, text, ret_error);
}

static int take_namespace(int pipe_fd, const SpecIdMap *users, const SpecIdMap *groups, int *ret_fd,
	Error **ret_error)
{
	char pid[16] = "", path[48];
	int r;

	if (read(pipe_fd, pid, sizeof(pid) - 1) <= 0)
		return error_set(
			ret_error, ECHILD, "cannot find the process for the ids of a mount");
	r = write_map(pid, "uid_map", users, ret_error);
	if (r == 0)
		r = write_map(pid, "gid_map", groups, ret_error);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%s/ns/user", pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? error_errno(ret_error, errno,
				     "cannot open a user namespace for the ids of a mount")
			   : 0;
}

int idmap_open_namespace(
	const SpecIdMap *users, const SpecIdMap *groups, int *ret_fd, Error **ret_error)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	int pair[2], r;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return error_errno(ret_error, errno, "cannot create a pipe");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		stand_for_ids(pair[1]);
	(void)close(pair[1]);
	if (pid < 0)
		r = error_errno(
			ret_error, errno, "cannot create a user namespace for the ids of a mount");
	else
		r = take_namespace(pair[0], users, groups, ret_fd, ret_error);
	(void)close(pair[0]);
	if (pid < 0)
		return r;
	(void)kill(pid, SIGKILL); /* our child, not yet waited for */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

static bool maps_equal(const SpecIdMap *a, const SpecIdMap *b)
{
	return a->n_ranges == b->n_ranges &&
	       (a->n_ranges == 0 ||
		       memcmp(a->ranges, b->ranges, a->n_ranges * sizeof(*a->ranges)) == 0);
}

static const OwnMap *find(const OwnMaps *maps, const SpecIdMap *users, const SpecIdMap *groups)
{
	for (size_t i = 0; i < maps->n; i++)
		if (maps_equal(maps->items[i].users, users) &&
			maps_equal(maps->items[i].groups, groups))
			return &maps->items[i];
	return NULL;
}

/* Many mounts may have one and the same. */
static int add(OwnMaps *maps, SpecMapping mapping, const SpecIdMap *users, const SpecIdMap *groups,
	Error **ret_error)
{
	OwnMap *grown, map = { users, groups, -EBADF };
	int r;

	if (mapping != SPEC_MAPPING_OWN || find(maps, users, groups))
		return 0;
	grown = reallocarray(maps->items, maps->n + 1, sizeof(*grown));
	if (!grown)
		return error_oom(ret_error);
	maps->items = grown;
	r = idmap_open_namespace(users, groups, &map.fd, ret_error);
	if (r < 0)
		return r;
	maps->items[maps->n++] = map;
	return 0;
}

int idmap_make_own(Root *root, Error **ret_error)
{
	const Spec *spec = root->spec;
	int r = add(
		&root->maps, spec->root.mapping, &spec->root.users, &spec->root.groups, ret_error);

	for (size_t i = 0; r == 0 && i < spec->n_layers; i++)
		r = add(&root->maps, spec->layers[i].mapping, &spec->layers[i].users,
			&spec->layers[i].groups, ret_error);
	for (size_t i = 0; r == 0 && i < spec->n_mounts; i++)
		r = add(&root->maps, spec->mounts[i].mapping, &spec->mounts[i].users,
			&spec->mounts[i].groups, ret_error);
	return r;
}

void idmap_done(Root *root)
{
	for (size_t i = 0; i < root->maps.n; i++)
		(void)fd_close(root->maps.items[i].fd);
	free(root->maps.items);
	root->maps = (OwnMaps){ 0 };
}

int idmap_fd(const Root *root, SpecMapping mapping, const SpecIdMap *users, const SpecIdMap *groups)
{
	const OwnMap *own = mapping == SPEC_MAPPING_OWN ? find(&root->maps, users, groups) : NULL;

	return own ? own->fd : mapping == SPEC_MAPPING_CONTAINER ? root->userns_fd : -EBADF;
}
