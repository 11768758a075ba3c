/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The only writer: makes the tree of a plan below one directory that it makes itself. Until it is done nobody else can reach the tree, and whatever
 * fails or is killed is undone from the journal.
 */
#include "content/apply.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/spawn.h"
#include "content/copy.h"
#include "content/generated-secret.h"
#include "content/journal.h"
#include "content/owner.h"
#include "desc/places.h"

typedef struct Apply {
	const Plan *plan;
	const char *tree;
	const PlanWatch *watch;
	OwnerMap owners;
	Copy copy;
	int journal_fd, tree_fd;
	int content_fd; /* borrowed; the directory to fill when that is not the tree's */
	unsigned int n_remarks; /* in the journal */
	int parent_fd; /* the directory that entries are made in now, */
	char *parent; /* and its path inside: neighbours of a sorted plan share it */
} Apply;

static void apply_done(Apply *apply)
{
	copy_done(&apply->copy);
	owner_map_done(&apply->owners);
	apply->journal_fd = fd_close(apply->journal_fd);
	apply->tree_fd = fd_close(apply->tree_fd);
	apply->parent_fd = fd_close(apply->parent_fd);
	free(apply->parent);
	apply->parent = NULL;
}

static int remark(const char *what, const char *path, void *data)
{
	Apply *apply = data;

	if (apply->n_remarks == JOURNAL_REMARKS_MAX)
		return 0;
	apply->n_remarks++;
	return journal_remark(apply->journal_fd, what, path);
}

/* Beside the tree. No container has a name that begins with a dot, and nobody else comes upon this one. */
static int temporary_name(const char *tree, char **ret, Error **ret_error)
{
	unsigned long long random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_errno(ret_error, errno, "cannot read random bytes");
	if (asprintf(ret, "%.*s.%s.%016llx.new", (int)(path_base(tree) - tree), tree,
		    path_base(tree), random) < 0) {
		*ret = NULL;
		return error_oom(ret_error);
	}
	return 0;
}

/* Makes the tree's directory: first under a name that is only in our journal, then, when the journal knows its inode, under its own. What a
 * killed create leaves can therefore be told from a directory that somebody else made. */
static int make_tree(Apply *apply, Error **ret_error)
{
	_cleanup_free_ char *temporary = NULL;
	uint64_t born;
	struct stat st;
	int r = temporary_name(apply->tree, &temporary, ret_error);
	if (r < 0)
		return r;
	r = journal_write(apply->journal_fd, "temporary %s", temporary);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot write the journal");
	if (mkdir(temporary, 0700) < 0)
		return error_errno(ret_error, errno, "cannot make %s", temporary);
	apply->tree_fd = open(temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (apply->tree_fd < 0 || fstat(apply->tree_fd, &st) < 0 ||
		fchmod(apply->tree_fd, 0700) < 0)
		return error_errno(ret_error, errno, "cannot open %s", temporary);
	apply->copy.tree_fd = apply->tree_fd;
	r = journal_born(apply->tree_fd, &born);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot inspect %s", temporary);
	r = journal_write(apply->journal_fd, "tree %llu %llu %s", (unsigned long long)st.st_ino,
		(unsigned long long)born, apply->tree);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot write the journal");
	if (fdatasync(apply->journal_fd) < 0)
		return error_errno(ret_error, errno, "cannot write the journal");
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, apply->tree, RENAME_NOREPLACE) < 0)
		return error_errno(ret_error, errno, "cannot make %s", apply->tree);
	return 0;
}

/* The tree is only the place of what lies elsewhere, as in an image. */
static int enter_content(Apply *apply, Error **ret_error)
{
	int fd;

	if (apply->content_fd < 0)
		return 0;
	fd = openat(apply->content_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open the content of %s", apply->tree);
	apply->tree_fd = fd_close(apply->tree_fd);
	apply->tree_fd = apply->copy.tree_fd = fd;
	if (fchmod(fd, 0700) < 0)
		return error_errno(ret_error, errno, "cannot set the mode of %s", apply->tree);
	return 0;
}

static int enter_parent(Apply *apply, const char *path, Error **ret_error)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - path));
	int fd;

	if (!parent)
		return error_oom(ret_error);
	if (apply->parent && strcmp(parent, apply->parent) == 0)
		return 0;
	/* A directory on the way may be a link that was copied from the host (/etc/ssl/certs -> ../pki/tls/certs). */
	fd = path_open_in_root(apply->tree_fd, parent, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open %s", parent);
	apply->parent_fd = fd_close(apply->parent_fd);
	apply->parent_fd = fd;
	free(apply->parent);
	apply->parent = TAKE_PTR(parent);
	return 0;
}

static int make_directory(
	const Apply *apply, const PlanEntry *e, uid_t uid, gid_t gid, Error **ret_error)
{
	mode_t mode = e->mode ? e->mode : 0755;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	/* Nobody can reach it yet: mostly this is its mode already. */
	if (mkdirat(apply->parent_fd, path_base(e->path), mode & 0777) < 0 && errno != EEXIST)
		return error_errno(ret_error, errno, "cannot create directory");
	fd = openat(apply->parent_fd, path_base(e->path),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot open directory");
	r = owner_give(fd, uid, gid, mode);
	return r < 0 ? error_errno(ret_error, -r, "cannot set owner and mode") : 0;
}

static int make_file(
	const Apply *apply, const PlanEntry *e, uid_t uid, gid_t gid, Error **ret_error)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	fd = openat(apply->parent_fd, path_base(e->path),
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(ret_error, errno, "cannot make file");
	r = fd_write_all(fd, e->content, strlen(e->content));
	if (r < 0)
		return error_errno(ret_error, -r, "write");
	r = owner_give(fd, uid, gid, e->mode ? e->mode : 0644);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot set owner and mode");
	r = plan_watch_file(apply->watch, e->path, e->content, strlen(e->content));
	return r < 0 ? error_errno(ret_error, -r, "remember") : 0;
}

static int make_link(const Apply *apply, const PlanEntry *e, Error **ret_error)
{
	int r;

	if (symlinkat(e->content, apply->parent_fd, path_base(e->path)) < 0)
		return error_errno(ret_error, errno, "cannot make link");
	r = plan_watch_link(apply->watch, e->path, e->content);
	return r < 0 ? error_errno(ret_error, -r, "remember") : 0;
}

static int make_copy(Apply *apply, const PlanEntry *e, uid_t uid, gid_t gid, Error **ret_error)
{
	int r;

	apply->copy.trusted = e->trusted;
	r = copy_source(&apply->copy, e->source, e->recurse, apply->parent_fd, e->path);
	if (r < 0 && apply->copy.too_deep)
		return error_set(ret_error, -r,
			"cannot copy %s: directories are nested too deeply; remove or "
			"move the innermost ones first",
			e->source);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot copy %s",
			apply->copy.failed ? apply->copy.failed : e->source);
	if ((e->user || e->group) &&
		fchownat(apply->parent_fd, path_base(e->path), uid, gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != ENOENT)
		return error_errno(ret_error, errno, "cannot set owner");
	return 0;
}

static bool is_hostname(const char *path)
{
	return strcmp(path, "/etc/hostname") == 0 ||
	       strcmp(path, "/" SYSTEM_UPPER "/etc/hostname") == 0;
}

static const char *hostname_of(const Plan *plan, char buffer[DESC_NAME_MAX + 1])
{
	(void)snprintf(buffer, DESC_NAME_MAX + 1, "localhost"); /* fits */
	for (size_t i = 0; i < plan->n_entries; i++)
		if (is_hostname(plan->entries[i].path) && plan->entries[i].content)
			(void)sscanf(plan->entries[i].content, "%64s",
				buffer); /* an empty one leaves localhost */
	return buffer;
}

static int make_entry(Apply *apply, const PlanEntry *e, Error **ret_error)
{
	char hostname[DESC_NAME_MAX + 1];
	uid_t uid = 0;
	gid_t gid = 0;
	int r;

	if ((e->user || e->group) && owner_map_read(&apply->owners, apply->tree_fd) < 0)
		return error_oom(ret_error);
	r = owner_user(&apply->owners, e->user, &uid, ret_error);
	if (r == 0)
		r = owner_group(&apply->owners, e->group, &gid, ret_error);
	if (r == 0)
		r = enter_parent(apply, e->path, ret_error);
	if (r < 0)
		return r;
	switch (e->kind) {
	case PLAN_DIRECTORY:
		return make_directory(apply, e, uid, gid, ret_error);
	case PLAN_FILE:
		return make_file(apply, e, uid, gid, ret_error);
	case PLAN_LINK:
		return make_link(apply, e, ret_error);
	case PLAN_COPY:
		return make_copy(apply, e, uid, gid, ret_error);
	case PLAN_SECRET:
		return generated_secret_make(e, apply->tree_fd, apply->parent_fd,
			hostname_of(apply->plan, hostname), uid, gid, ret_error);
	case _PLAN_KIND_MAX:
		break;
	}
	return error_set(ret_error, EINVAL, "a plan has no entry of kind %d", (int)e->kind);
}

static void tell_progress(const Apply *apply, size_t done)
{
	if (apply->watch && apply->watch->progress)
		apply->watch->progress(done, apply->plan->n_entries, apply->watch->data);
}

static int make_entries(Apply *apply, Error **ret_error)
{
	for (size_t i = 0; i < apply->plan->n_entries; i++) {
		const PlanEntry *e = &apply->plan->entries[i];
		int r;

		tell_progress(apply, i);
		r = make_entry(apply, e, ret_error);
		if (r < 0)
			return error_wrap(ret_error, "%s%s", apply->tree, e->path);
	}
	tell_progress(apply, apply->plan->n_entries);
	return 0;
}

/* The layer of an overlay is as it is: with the nodes and attributes that say what of the base is gone. Nobody writes to it meanwhile; links in it are
 * copied, not followed. */
static int copy_layer(const Apply *apply, Error **ret_error)
{
	_cleanup_free_ char *target = path_join(apply->tree, SYSTEM_UPPER);
	char *const argv[] = { (char *)"cp", (char *)"-dR",
		(char *)"--preserve=mode,ownership,timestamps,links,xattr",
		(char *)"--reflink=auto", (char *)"--", apply->plan->layer, target, NULL };

	return target ? spawn_run(argv, NULL, NULL, NULL, ret_error) : error_oom(ret_error);
}

/* What comes with it under the name of something that the clone has of its own: files, and the public half of a key. */
static int clear_entries(Apply *apply, Error **ret_error)
{
	for (size_t i = 0; i < apply->plan->n_entries; i++) {
		const PlanEntry *e = &apply->plan->entries[i];
		_cleanup_free_ char *public = NULL;
		int r = e->kind == PLAN_DIRECTORY ? 0 : enter_parent(apply, e->path, ret_error);

		if (r < 0)
			return r;
		if (e->kind == PLAN_DIRECTORY)
			continue;
		if (asprintf(&public, "%s.pub", path_base(e->path)) < 0)
			return error_oom(ret_error);
		if ((unlinkat(apply->parent_fd, path_base(e->path), 0) < 0 && errno != ENOENT) ||
			(e->kind == PLAN_SECRET && unlinkat(apply->parent_fd, public, 0) < 0 &&
				errno != ENOENT))
			return error_errno(
				ret_error, errno, "cannot remove %s of the copy", e->path);
	}
	return 0;
}

static int apply_labelled(Apply *apply, const Label *label, Error **ret_error)
{
	_cleanup_error_ Error *ending = NULL;
	int r, end;

	r = label ? label_create_begin(label, ret_error) : 0;
	if (r < 0)
		return r;
	r = make_tree(apply, ret_error);
	if (r == 0)
		r = enter_content(apply, ret_error);
	/* For models in which files have the label of their directory: from its root on. */
	if (r == 0 && label)
		r = label_set_fd(label, apply->tree_fd, ret_error);
	if (r == 0 && apply->plan->layer)
		r = copy_layer(apply, ret_error);
	if (r == 0 && apply->plan->layer)
		r = clear_entries(apply, ret_error);
	if (r == 0)
		r = make_entries(apply, ret_error);
	/* Files of a layer were labelled by the program that copied them. */
	if (r == 0 && apply->plan->layer && label)
		r = label_relabel_tree(label, apply->tree, ret_error);
	end = label ? label_create_end(label, &ending) : 0;
	if (r == 0 && end < 0)
		return error_set(ret_error, -end, "%s", error_message(ending));
	return r;
}

int plan_apply(const Plan *plan, const char *tree, const char *journal, const Label *label,
	const PlanWatch *watch, Error **ret_error)
{
	return plan_apply_into(plan, -EBADF, tree, journal, label, watch, ret_error);
}

int plan_apply_into(const Plan *plan, int content_fd, const char *tree, const char *journal,
	const Label *label, const PlanWatch *watch, Error **ret_error)
{
	_cleanup_(apply_done) Apply apply = {
		.plan = plan,
		.tree = tree,
		.watch = watch,
		.owners = owner_map(plan),
		.journal_fd = -EBADF,
		.tree_fd = -EBADF,
		.content_fd = content_fd,
		.parent_fd = -EBADF,
	};
	int r;

	apply.copy = (Copy){
		.plan = plan,
		.tree_fd = -EBADF,
		.source_fd = -EBADF,
		.remark = remark,
		.data = &apply,
		.watch = watch,
	};
	if (!path_is_normal(tree) || !strchr(tree + 1, '/'))
		return error_set(ret_error, EINVAL, "%s is not a place for a tree", tree);
	r = journal_open(journal, &apply.journal_fd, ret_error);
	if (r < 0)
		return r;
	r = apply_labelled(&apply, label, ret_error);
	if (r == 0 && (r = journal_write(apply.journal_fd, "done")) < 0)
		error_errno(ret_error, -r, "cannot write journal %s", journal);
	if (r < 0)
		(void)plan_undo(journal,
			NULL); /* the first failure is reported; the journal stays if this fails, too */
	return r;
}
