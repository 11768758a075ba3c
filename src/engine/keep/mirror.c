/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies of paths of the host in a container's run directory, where nobody but root can do anything: source and target are at no container's mercy.
 */
#include "engine/keep/mirror.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "engine/keep/resolver-text.h"
#include "engine/start/mount-source.h"

#define PERMISSIONS 0777u /* no bits that give somebody else's rights */
#define UNFINISHED ".unfinished" /* beside the copy: no entry of a directory has this name there */

typedef struct Place { /* where a copy is made */
	int fd; /* directory */
	const char *name;
	int beside_fd; /* for what is not finished */
	bool single; /* it may be mounted: it stays the same file */
	uint32_t mode; /* of a file; 0: as its source */
} Place;

void mirror_done(Mirror *mirror)
{
	strv_free(mirror->names);
	strv_free(mirror->directories);
	strv_free(mirror->servers);
	*mirror = (Mirror){ 0 };
}

static int too_much(const SpecCopy *copy, Error **ret_error)
{
	return error_set(ret_error, EFBIG,
		"cannot follow %s: a container has at most %u MiB and %u entries that are renewed; mount it (-m host-bind:%s=%s,readonly)",
		copy->source, MIRROR_SIZE_MAX >> 20, MIRROR_ENTRIES_MAX, copy->source,
		copy->source);
}

/* As an id-mapped mount would show it: the same number inside, or root where a container has no such number. */
static uint32_t owner(const SpecIdMap *map, uint32_t id)
{
	uint32_t outside = 0;

	if (!spec_id_outside(map, id, &outside))
		(void)spec_id_outside(map, 0, &outside);
	return outside;
}

static struct stat wanted(const Mirror *m, const struct stat *source, uint32_t mode)
{
	struct stat st = *source;

	st.st_uid = owner(&m->spec->users, mode ? 0 : source->st_uid);
	st.st_gid = owner(&m->spec->groups, mode ? 0 : source->st_gid);
	st.st_mode = mode ? mode : source->st_mode & PERMISSIONS;
	return st;
}

static bool is_as(const struct stat *st, const struct stat *want)
{
	return st->st_uid == want->st_uid && st->st_gid == want->st_gid &&
	       (st->st_mode & 07777) == want->st_mode;
}

static int dress(const Mirror *m, int fd, const struct stat *want, Error **ret_error)
{
	const struct timespec times[] = { want->st_mtim, want->st_mtim };

	if (fchown(fd, want->st_uid, want->st_gid) < 0 || fchmod(fd, want->st_mode) < 0 ||
		futimens(fd, times) < 0)
		return error_errno(ret_error, errno, "cannot set owner and mode of a copy");
	return m->label ? label_set_fd(m->label, fd, ret_error) : 0;
}

static int write_over(int fd, const char *content, size_t size, Error **ret_error)
{
	int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd_write_all(fd, content, size);

	if (r == 0 && ftruncate(fd, (off_t)size) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot write a copy") : 0;
}

/* 1: it is a file with this content; 0: it is not. */
static int has_content(int fd, const struct stat *st, const char *content, size_t size)
{
	_cleanup_free_ char *present = NULL;
	size_t n;

	if (!S_ISREG(st->st_mode) || st->st_size != (off_t)size)
		return 0;
	return fd_read_all(fd, MIRROR_SIZE_MAX, &present, &n) == 0 && n == size &&
	       memcmp(present, content, size) == 0;
}

static int make_file(const Mirror *m, const Place *place, const char *content, size_t size,
	const struct stat *want, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	(void)unlinkat(place->beside_fd, UNFINISHED, 0);
	fd = openat(place->beside_fd, UNFINISHED,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot create a copy");
	r = write_over(fd, content, size, ret_error);
	if (r == 0)
		r = dress(m, fd, want, ret_error);
	if (r < 0 || renameat(place->beside_fd, UNFINISHED, place->fd, place->name) == 0)
		return r;
	if (errno == EISDIR) { /* it was one */
		r = file_remove_tree(place->fd, place->name, ret_error);
		if (r < 0 || renameat(place->beside_fd, UNFINISHED, place->fd, place->name) == 0)
			return r;
	}
	return error_errno(ret_error, errno, "cannot name a copy");
}

static int copy_content(Mirror *m, const Place *place, const char *content, size_t size,
	const struct stat *want, Error **ret_error)
{
	_cleanup_fd_ int fd =
		openat(place->fd, place->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st = { 0 };
	bool there = fd >= 0 && fstat(fd, &st) == 0,
	     same = there && has_content(fd, &st, content, size);
	int r = 0;

	if (same && is_as(&st, want))
		return 0;
	m->changed = true;
	if (!there || !place->single)
		return make_file(m, place, content, size, want, ret_error);
	if (!same)
		r = write_over(fd, content, size, ret_error);
	return r < 0 ? r : dress(m, fd, want, ret_error);
}

static int copy_file(Mirror *m, const SpecCopy *copy, const Place *place, int source_fd,
	const struct stat *source, Error **ret_error)
{
	_cleanup_fd_ int fd = trusted_path_reopen(source_fd, O_RDONLY);
	_cleanup_free_ char *content = NULL;
	struct stat want = wanted(m, source, place->mode);
	size_t size = 0;
	int r = fd < 0 ? fd : fd_read_all(fd, MIRROR_SIZE_MAX - m->size, &content, &size);

	if (r == -EFBIG)
		return too_much(copy, ret_error);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot follow %s: read it", copy->source);
	m->size += size;
	return copy_content(m, place, content, size, &want, ret_error);
}

static int list(int fd, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int own = trusted_path_reopen(fd, O_RDONLY | O_DIRECTORY);
	DIR *directory = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;
	int r = 0;

	if (!directory) {
		int error = own < 0 ? -own : errno;

		(void)fd_close(own);
		return error_errno(ret_error, error, "cannot list a directory");
	}
	while (r == 0 && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = strv_length(names) > MIRROR_ENTRIES_MAX
				    ? -EFBIG
				    : strv_append(&names, entry->d_name);
	(void)closedir(directory); /* read only */
	if (r < 0)
		return error_errno(ret_error, -r, "cannot list a directory");
	*ret = TAKE_PTR(names);
	return 0;
}

static int remove_others(Mirror *m, int fd, char *const *kept, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = list(fd, &names, ret_error);

	STRV_FOREACH (name, names) {
		if (r < 0 || strv_contains(kept, *name))
			continue;
		m->changed = true;
		r = file_remove_tree(fd, *name, ret_error);
	}
	return r;
}

static int copy_any(Mirror *m, const SpecCopy *copy, const char *path, const Place *place,
	unsigned int depth, bool *ret_there, Error **ret_error);

static int open_target(const Place *place, int *ret_fd, Error **ret_error)
{
	if (mkdirat(place->fd, place->name, 0700) < 0 && errno != EEXIST)
		return error_errno(ret_error, errno, "cannot create a directory for copies");
	*ret_fd = openat(place->fd, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0 && errno == ENOTDIR && !place->single) { /* it was a file */
		if (unlinkat(place->fd, place->name, 0) == 0)
			return open_target(place, ret_fd, ret_error);
	}
	return *ret_fd < 0 ? error_errno(ret_error, errno, "cannot open a directory of copies") : 0;
}

static int copy_directory(Mirror *m, const SpecCopy *copy, const char *path, const Place *place,
	unsigned int depth, int source_fd, const struct stat *source, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL, **kept = NULL;
	struct stat want = wanted(m, source, 0), st;
	_cleanup_fd_ int fd = -EBADF;
	int r = list(source_fd, &names, ret_error);

	if (r == 0)
		r = open_target(place, &fd, ret_error);
	STRV_FOREACH (name, names) {
		const Place inner = { .fd = fd, .name = *name, .beside_fd = place->beside_fd };
		_cleanup_free_ char *entry = path_join(path, *name);
		bool there = false;

		if (r < 0)
			return r;
		if (!entry)
			return error_oom(ret_error);
		r = copy_any(m, copy, entry, &inner, depth + 1, &there, ret_error);
		if (r == 0 && there && strv_append(&kept, *name) < 0)
			return error_oom(ret_error);
	}
	if (r == 0)
		r = remove_others(m, fd, kept, ret_error);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot inspect a directory of copies");
	return is_as(&st, &want) ? 0 : dress(m, fd, &want, ret_error);
}

/* Opens what path leads to. The whole is checked as sources of mounts are; in it, links of others than root and what they could exchange are refused likewise. */
static int open_source(
	Mirror *m, const char *path, bool whole, int *ret_fd, char **ret_real, Error **ret_error)
{
	_cleanup_fd_ int checked = -EBADF;
	int r = trusted_path_trace(path, 0, &m->names, ret_fd, ret_real, ret_error);

	return r == 0 && whole ? mount_source_open(path, false, &checked, NULL, ret_error) : r;
}

static int copy_any(Mirror *m, const SpecCopy *copy, const char *path, const Place *place,
	unsigned int depth, bool *ret_there, Error **ret_error)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r;

	if (++m->entries > MIRROR_ENTRIES_MAX || depth > MIRROR_DEPTH_MAX)
		return too_much(copy, ret_error);
	r = open_source(m, path, depth == 0, &fd, &real, ret_error);
	if (r == -ENOENT && depth > 0) { /* a link to nothing, or it has gone meanwhile */
		if (ret_error)
			*ret_error = error_free(*ret_error);
		return 0;
	}
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot follow %s: look at it", path);
	*ret_there = true;
	if (S_ISREG(st.st_mode))
		return copy_file(m, copy, place, fd, &st, ret_error);
	if (S_ISDIR(st.st_mode) && place->mode == 0) {
		if (strv_append(&m->directories, real) < 0)
			return error_oom(ret_error);
		return copy_directory(m, copy, path, place, depth, fd, &st, ret_error);
	}
	*ret_there = false;
	return depth > 0 ? 0
			 : error_set(ret_error, EINVAL, "cannot use %s: it is not a file%s", path,
				   place->mode ? "" : " or directory");
}

/* Text of ours, as a file of the container's root that everybody reads. */
static int copy_composed(Mirror *m, const SpecCopy *copy, const Place *place, Error **ret_error)
{
	const struct stat st = { .st_mtim = { .tv_nsec = UTIME_NOW } },
			  want = wanted(m, &st, copy->mode);
	_cleanup_free_ char *text = NULL;
	int r = copy->form == SPEC_COPY_EMPTY
			? 0
			: resolver_text(copy, &m->names, &text, &m->servers, ret_error);

	return r < 0 ? r
		     : copy_content(m, place, text ? text : "", text ? strlen(text) : 0, &want,
			       ret_error);
}

int mirror_update(Mirror *mirror, const SpecCopy *copy, Error **ret_error)
{
	const char *slash = strrchr(copy->target, '/');
	_cleanup_free_ char *parent = strndup(copy->target, (size_t)(slash - copy->target));
	_cleanup_fd_ int fd = -EBADF;
	struct stat st = { .st_mode = 0700 }, want = wanted(mirror, &st, 0);
	Place place = { .name = slash + 1, .single = true, .mode = copy->mode };
	bool there, before;
	int r;

	if (!parent)
		return error_oom(ret_error);
	r = file_mkdir_parent(copy->target, ret_error);
	if (r < 0)
		return r;
	place.fd = place.beside_fd = fd =
		open(parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(ret_error, errno, "cannot open %s", parent);
	want.st_mtim = st.st_mtim;
	if (!is_as(&st, &want)) /* it may be mounted itself */
		r = dress(mirror, fd, &want, ret_error);
	if (r < 0)
		return r;
	before = mirror->changed;
	mirror->changed = false;
	r = copy->form == SPEC_COPY_CONTENT
		    ? copy_any(mirror, copy, copy->source, &place, 0, &there, ret_error)
		    : copy_composed(mirror, copy, &place, ret_error);
	mirror->news = mirror->news || (mirror->changed && copy->form == SPEC_COPY_CONTENT);
	mirror->changed = mirror->changed || before;
	return r;
}
