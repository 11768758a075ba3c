/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The namespaces of a Spec.
 */
#include "engine/start/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"

#define AT(member) offsetof(SpecNamespaces, member)
#define NEW (1u << SPEC_NAMESPACE_NEW)
#define HOST (1u << SPEC_NAMESPACE_HOST)
#define JOIN (1u << SPEC_NAMESPACE_JOIN)

static const struct {
	const char *name, *file;
	size_t offset;
	int flag;
	unsigned int possible; /* kinds */
} table[] = {
	{ "mount", "mnt", AT(mount), CLONE_NEWNS, NEW },
	{ "user", "user", AT(user), CLONE_NEWUSER, NEW | HOST },
	{ "pid", "pid", AT(pid), CLONE_NEWPID, NEW },
	{ "ipc", "ipc", AT(ipc), CLONE_NEWIPC, NEW | HOST | JOIN },
	{ "uts", "uts", AT(uts), CLONE_NEWUTS, NEW | HOST | JOIN },
	{ "cgroup", "cgroup", AT(cgroup), CLONE_NEWCGROUP, NEW | HOST | JOIN },
	{ "network", "net", AT(network), CLONE_NEWNET, NEW | HOST | JOIN },
	{ "time", "time", AT(time), CLONE_NEWTIME, NEW | HOST | JOIN },
};

_Static_assert(ARRAY_SIZE(table) <= NAMESPACES_JOINED_MAX, "namespaces.h: NAMESPACES_JOINED_MAX");

static const SpecNamespace *get(const SpecNamespaces *namespaces, size_t i)
{
	return (const SpecNamespace *)((const char *)namespaces + table[i].offset);
}

int namespaces_new(const SpecNamespaces *namespaces)
{
	int flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (get(namespaces, i)->kind == SPEC_NAMESPACE_NEW)
			flags |= table[i].flag;
	return flags;
}

int namespaces_own(const SpecNamespaces *namespaces)
{
	int flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (get(namespaces, i)->kind != SPEC_NAMESPACE_HOST)
			flags |= table[i].flag;
	return flags;
}

int namespaces_check(const SpecNamespaces *namespaces, Error **ret_error)
{
	static const char *const kinds[] = { "a new", "the host's", "another's" };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const SpecNamespace *space = get(namespaces, i);

		if ((unsigned int)space->kind >= _SPEC_NAMESPACE_KIND_MAX)
			return error_set(ret_error, EINVAL,
				"cannot use the %s namespace: unknown kind", table[i].name);
		if (!(table[i].possible & (1u << space->kind)))
			return error_set(ret_error, EOPNOTSUPP,
				"cannot give a container %s %s namespace: not supported",
				kinds[space->kind], table[i].name);
		if (space->kind == SPEC_NAMESPACE_JOIN && !space->path)
			return error_set(ret_error, EINVAL,
				"cannot join a %s namespace: it has no path", table[i].name);
	}
	return 0;
}

/* To a container that joins it, a namespace is its own: there it sets sysctls and addresses. */
static bool is_same(int fd, int own)
{
	struct stat a, b;

	return fd >= 0 && fstat(fd, &a) == 0 && fstat(own, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int join(const SpecNamespace *space, size_t i, SavedNamespaces *saved, Error **ret_error)
{
	_cleanup_fd_ int fd = open(space->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), own = -EBADF;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", table[i].file);
	own = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return error_errno(
			ret_error, errno, "cannot open our own %s namespace", table[i].name);
	if (is_same(fd, own))
		return error_set(ret_error, EINVAL,
			"cannot join the %s namespace %s: it is the host's; say host",
			table[i].name, space->path);
	/* The kernel refuses a file that is no namespace, or one of another kind. */
	if (fd < 0 || setns(fd, table[i].flag) < 0)
		return error_errno(ret_error, errno, "cannot join the %s namespace %s",
			table[i].name, space->path);
	saved->fds[saved->n] = TAKE_FD(own);
	saved->flags[saved->n++] = table[i].flag;
	return 0;
}

int namespaces_join(const SpecNamespaces *namespaces, SavedNamespaces *saved, Error **ret_error)
{
	saved->n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const SpecNamespace *space = get(namespaces, i);
		int r = space->kind == SPEC_NAMESPACE_JOIN ? join(space, i, saved, ret_error) : 0;

		if (r < 0) {
			(void)namespaces_restore(saved, NULL); /* the first failure is told */
			return r;
		}
	}
	return 0;
}

int namespaces_restore(SavedNamespaces *saved, Error **ret_error)
{
	int r = 0;

	while (saved->n > 0) {
		size_t i = --saved->n;

		if (setns(saved->fds[i], saved->flags[i]) < 0)
			r = error_errno(ret_error, errno, "cannot return to our own namespaces");
		saved->fds[i] = fd_close(saved->fds[i]);
	}
	return r;
}
