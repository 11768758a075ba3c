/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cp: files into a container and out of it. A child does it, with descriptors of both roots: paths inside are looked up as the container would, and what it makes inside is made
 * as an id of the container.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/trusted-path.h"
#include "content/tree-copy.h"
#include "identity/confirm.h"
#include "sandbox/container-root.h"
#include "sandbox/handle.h"
#include "sandbox/host-file.h"
#include "sandbox/worker.h"

#define COPY_FLAGS (VSB_COPY_FOLLOW | VSB_COPY_SKIP_SPECIAL)
#define MEBIBYTE (1u << 20)

typedef struct Side {
	const char *name; /* of the container; NULL: this host */
	char *path; /* absolute, as asked for but for its end */
	Container c;
	RunState state;
	NameLock *lock;
	int root_fd; /* -EBADF: the host's */
	uid_t base;
	bool is_directory; /* the path says so */
} Side;

typedef struct CopyJob {
	Side from, to;
	bool content; /* only what is in the source */
	unsigned int flags;
	Worker *worker;
	uint64_t all;
} CopyJob;

static void side_done(Side *side)
{
	free(side->path);
	container_done(&side->c);
	run_state_done(&side->state);
	name_lock_free(side->lock);
	(void)fd_close(side->root_fd);
}

static const char *side_name(const Side *side)
{
	return side->name ? side->name : "";
}

static const char *side_colon(const Side *side)
{
	return side->name ? ":" : "";
}

static int side_error(const Side *side, int r, const char *doing, Error **ret_error)
{
	const char *why = side->root_fd >= 0 && side->state.phase == RUN_STOPPED && r == -ENOENT
				  ? "; it does not run: only what it keeps is there"
				  : "";

	return error_set(ret_error, -r, "cannot %s %s%s%s: %s%s", doing, side_name(side),
		side_colon(side), side->path, strerror(-r), why);
}

/* Cuts what only says that it is a directory. ret_content: it asks for what is in it. */
static int side_take_path(Side *side, const char *path, bool *ret_content, Error **ret_error)
{
	size_t n;

	if (side->name && *path != '/')
		return error_set(ret_error, EINVAL,
			"cannot copy %s:%s: a path inside begins with a slash", side->name, path);
	n = strlen(path);
	*ret_content = n >= 2 && strcmp(path + n - 2, "/.") == 0;
	side->is_directory = n > 0 && (path[n - 1] == '/' || *ret_content);
	side->path = side->name ? strdup(path) : host_file_absolute(path);
	if (!side->path)
		return error_errno(ret_error, errno, "cannot copy %s", path);
	n = strlen(side->path) - (side->name && *ret_content);
	while (n > 1 && side->path[n - 1] == '/')
		n--;
	side->path[n] = '\0';
	return 0;
}

/* What runs may be written to by itself, too; what does not run cannot be started meanwhile. */
static int side_open(Side *side, bool writes, Error **ret_error)
{
	int r;

	if (!side->name)
		return 0;
	r = sandbox_begin_look(side->name, &side->c, &side->state, ret_error);
	if (r < 0)
		return r;
	if (side->state.phase != RUN_STOPPED)
		return container_root_running(
			side->name, &side->state, &side->root_fd, &side->base, ret_error);
	if (writes) {
		r = name_lock_take(side->name, &side->lock, ret_error);
		if (r == 0)
			r = name_lock_hold_stopped(side->lock, ret_error);
	}
	return r < 0 ? r : container_root_stopped(&side->c, !writes, &side->root_fd, ret_error);
}

/* Nothing is mounted in one that does not run: what is below would be hidden by its start. */
static int side_check(const Side *side, int fd, bool writes, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;

	if (!side->c.desc || side->state.phase != RUN_STOPPED)
		return 0;
	path = path_of_fd(-EBADF, side->root_fd, fd);
	if (!path)
		return error_errno(ret_error, errno, "cannot copy %s:%s", side->name, side->path);
	for (size_t i = 0; i < side->c.desc->n_mounts; i++)
		if (path_is_below(path, side->c.desc->mounts[i].target))
			return error_set(ret_error, EBUSY,
				"cannot copy %s:%s: it is in %s, which is mounted when the container runs; start it first",
				side->name, side->path, side->c.desc->mounts[i].target);
	if (writes && !side->c.places.base && !side->c.desc->root && !path[strspn(path, "/")])
		return error_set(ret_error, EROFS,
			"cannot copy to %s:%s: the root of a container is read-only", side->name,
			side->path);
	return 0;
}

static int side_look_up(
	const Side *side, const char *path, int flags, int *ret_fd, Error **ret_error)
{
	int fd;

	if (side->root_fd < 0 && side->name)
		return error_set(ret_error, EINVAL, "container %s is not open", side->name);
	if (!side->name)
		return trusted_path_open(path,
			TRUSTED_ROOTS_LINKS | (flags & O_NOFOLLOW ? TRUSTED_LINK : 0), ret_fd, NULL,
			ret_error);
	fd = path_open_in_root(side->root_fd, path, flags | O_PATH, 0);
	if (fd < 0)
		return side_error(side, fd, "copy", ret_error);
	*ret_fd = fd;
	return 0;
}

static int open_source(const CopyJob *job, int *ret_fd, Error **ret_error)
{
	const Side *from = &job->from;
	bool follows = from->is_directory || job->flags & VSB_COPY_FOLLOW;
	int r = side_look_up(from, from->path, follows ? 0 : O_NOFOLLOW, ret_fd, ret_error);

	return r < 0 ? r : side_check(from, *ret_fd, false, ret_error);
}

/* The directory to copy to, and the name in it. */
static int open_target(const CopyJob *job, int *ret_fd, char **ret_name, Error **ret_error)
{
	const Side *to = &job->to;
	const char *name = job->content ? "." : path_base(job->from.path);
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *parent = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r = side_look_up(to, to->path, 0, &fd, &error);

	if (r < 0 && r != -ENOENT) {
		if (ret_error)
			*ret_error = TAKE_PTR(error);
		return r;
	}
	if (r == 0 && fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode) && !to->is_directory)
		r = -ENOENT; /* is replaced */
	if (r == -ENOENT && !to->is_directory) {
		name = path_base(to->path);
		parent = strndup(to->path, MAX((size_t)(name - to->path), (size_t)2) - 1);
		if (!parent)
			return error_oom(ret_error);
		fd = fd_close(fd);
		r = side_look_up(to, parent, 0, &fd, ret_error);
	} else if (r == -ENOENT) {
		return side_error(to, r, "copy to", ret_error);
	}
	if (r == 0)
		r = side_check(to, fd, true, ret_error);
	if (r < 0)
		return r;
	if (!*name || strcmp(name, "..") == 0 || (!job->content && strcmp(name, ".") == 0))
		return error_set(ret_error, EINVAL,
			"cannot copy %s%s%s: it has no name; \"/.\" at its end copies what is in it",
			side_name(&job->from), side_colon(&job->from), job->from.path);
	*ret_name = strdup(name);
	*ret_fd = TAKE_FD(fd);
	return *ret_name ? 0 : error_oom(ret_error);
}

static int check_room(const CopyJob *job, int to_fd, uint64_t needed, Error **ret_error)
{
	struct statvfs room;
	uint64_t there;

	if (fstatvfs(to_fd, &room) < 0)
		return error_errno(
			ret_error, errno, "cannot get the free space of %s", job->to.path);
	there = (uint64_t)room.f_bavail * room.f_frsize;
	if (needed <= there)
		return 0;
	return error_set(ret_error, ENOSPC,
		"cannot copy to %s%s%s: %" PRIu64 " MiB are needed, and %" PRIu64
		" MiB are free there",
		side_name(&job->to), side_colon(&job->to), job->to.path, needed / MEBIBYTE + 1,
		there / MEBIBYTE);
}

/* Of the container, so that its limits and its disk count it, with the rights of the host's root to files. */
static int act_as(uid_t id, Error **ret_error)
{
	if (id == 0)
		return 0;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0)
		return error_errno(
			ret_error, errno, "cannot keep the capabilities across a change of ids");
	(void)setfsgid(id);
	(void)setfsuid(id);
	if ((uid_t)setfsuid((uid_t)-1) != id || (gid_t)setfsgid((gid_t)-1) != id)
		return error_set(ret_error, EPERM, "cannot make files as user %u", id);
	return 0;
}

static bool step(uint64_t bytes, void *data)
{
	CopyJob *job = data;

	worker_progress(job->worker, "copying, in MiB", bytes / MEBIBYTE, job->all / MEBIBYTE);
	return worker_goes_on(job->worker);
}

static void skipped(const char *what, const char *path, void *data)
{
	const CopyJob *job = data;
	_cleanup_free_ char *note = NULL;

	if (asprintf(&note, "Left out %s: it is %s", path, what) < 0)
		note = NULL;
	worker_note(job->worker, note);
}

/* The other side of the same container, which is open for writing. */
static int side_share(Side *side, const Side *other, Error **ret_error)
{
	side->state.phase = other->state.phase;
	side->base = other->base;
	side->c = other->c; /* borrowed: this child ends without side_done() */
	side->root_fd = fcntl(other->root_fd, F_DUPFD_CLOEXEC, 3);
	return side->root_fd < 0
		       ? error_errno(ret_error, errno, "cannot open container %s", side->name)
		       : 0;
}

static int check_apart(const CopyJob *job, int from_fd, int to_fd, Error **ret_error)
{
	const Side *from = &job->from, *to = &job->to;
	_cleanup_free_ char *source = path_of_fd(-EBADF, from->root_fd, from_fd),
			    *target = path_of_fd(-EBADF, to->root_fd, to_fd);

	if (!source || !target)
		return error_errno(ret_error, errno, "cannot copy %s:%s", from->name, from->path);
	return path_is_below(target, source)
		       ? error_set(ret_error, EINVAL, "cannot copy %s:%s into itself", from->name,
				 from->path)
		       : 0;
}

static int copy_between(CopyJob *job, int from_fd, int to_fd, const char *name, Error **ret_error)
{
	const Container *c = &job->to.c;
	_cleanup_label_ Label *label = NULL;
	TreeCopy copy = { .from_base = job->from.base,
		.to_base = job->to.base,
		.skip_special = job->flags & VSB_COPY_SKIP_SPECIAL,
		.step = step,
		.skipped = skipped,
		.data = job };
	int r = tree_copy_measure(&copy, from_fd, &job->all, ret_error);

	if (r == 0)
		r = check_room(job, to_fd, job->all, ret_error);
	if (r == 0 && job->to.name)
		r = identity_open_label(c->desc, c->identity, &label, ret_error);
	if (r == 0)
		r = act_as(job->to.base, ret_error);
	if (r < 0)
		return r;
	copy.label = label;
	return tree_copy(&copy, from_fd, to_fd, name, ret_error);
}

static int work(Worker *worker, void *data, Error **ret_error)
{
	CopyJob *job = data;
	_cleanup_fd_ int from_fd = -EBADF, to_fd = -EBADF;
	_cleanup_free_ char *name = NULL;
	bool one;
	int r;

	job->worker = worker;
	one = job->from.name && job->to.name && strcmp(job->from.name, job->to.name) == 0;
	r = side_open(&job->to, true, ret_error);
	if (r == 0)
		r = one ? side_share(&job->from, &job->to, ret_error)
			: side_open(&job->from, false, ret_error);
	if (r == 0)
		r = open_source(job, &from_fd, ret_error);
	if (r == 0)
		r = open_target(job, &to_fd, &name, ret_error);
	if (r == 0 && one)
		r = check_apart(job, from_fd, to_fd, ret_error);
	if (r == 0)
		r = copy_between(job, from_fd, to_fd, name, ret_error);
	job->to.lock = name_lock_free(job->to.lock);
	return r;
}

PUBLIC int vsb_copy(const char *from, const char *source, const char *to, const char *target,
	unsigned int flags, vsb_progress progress, void *data, char ***ret_notes, vsb_error **error)
{
	CopyJob job = { .from = { .name = from, .root_fd = -EBADF },
		.to = { .name = to, .root_fd = -EBADF },
		.flags = flags };
	bool ignored;
	int r = sandbox_begin_work(error);

	if (r == 0 && flags & ~(unsigned int)COPY_FLAGS)
		r = error_set(error, EINVAL, "cannot copy with flags %#x: unknown flags", flags);
	if (r == 0 && !from && !to)
		r = error_set(error, EINVAL,
			"cannot copy %s to %s: neither is in a container, as NAME:/PATH", source,
			target);
	if (r == 0)
		r = side_take_path(&job.from, source, &job.content, error);
	if (r == 0)
		r = side_take_path(&job.to, target, &ignored, error);
	if (r == 0)
		r = worker_run(work, &job, progress, data, ret_notes, error);
	side_done(&job.from);
	side_done(&job.to);
	return r;
}
