/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's /etc brought to what create would make today. Three ways meet: what the tool wrote last (the manifest), what is there now, and what the
 * plan makes now, which is first made in a scratch directory. What the administrator changed is kept; where the package changed it as well, the new
 * version is put beside it and listed, as a package manager does with conffiles.
 */
#include "content/etc-merge.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "content/account-merge.h"
#include "content/apply.h"
#include "content/generated-secret.h"
#include "content/image.h"
#include "content/manifest.h"

typedef struct Merge {
	Manifest base, present, wanted; /* written last, there now, made now */
	int present_fd, wanted_fd; /* the two /etc directories */
	bool dry_run; /* only tell what would be done */
	EtcBefore *before; /* NULL: nobody may want it back */
	char **notes;
} Merge;

static void merge_done(Merge *merge)
{
	manifest_done(&merge->base);
	manifest_done(&merge->present);
	manifest_done(&merge->wanted);
	(void)fd_close(merge->present_fd);
	(void)fd_close(merge->wanted_fd);
	strv_free(merge->notes);
}

int etc_merge_forget(const Places *places, Error **ret_error)
{
	return plan_undo(places->scratch_journal, ret_error);
}

/* The part of a plan that is below /etc. Borrows the entries. */
static int plan_of_etc(const Plan *plan, Plan *ret, Error **ret_error)
{
	*ret = (Plan){ .entries = calloc(plan->n_entries + 1, sizeof(*plan->entries)),
		.excluded = plan->excluded,
		.secrets = plan->secrets };
	if (!ret->entries)
		return error_oom(ret_error);
	for (size_t i = 0; i < plan->n_entries; i++)
		/* Keys are the container's own since it was created; a fresh one would be a change that nobody asked for. */
		if (path_is_below(plan->entries[i].path, "/etc") &&
			plan->entries[i].kind != PLAN_SECRET)
			ret->entries[ret->n_entries++] = plan->entries[i];
	return 0;
}

static int make_scratch(const Plan *plan, const Places *places, Error **ret_error)
{
	Plan etc = { 0 };
	int r = etc_merge_forget(places, ret_error);
	if (r >= 0)
		r = file_mkdir_parent(places->scratch, ret_error);
	if (r < 0)
		return r;
	r = plan_of_etc(plan, &etc, ret_error);
	if (r == 0)
		r = plan_apply(
			&etc, places->scratch, places->scratch_journal, NULL, NULL, ret_error);
	free(etc.entries);
	return r;
}

static int open_etc(const char *tree, int *ret, Error **ret_error)
{
	_cleanup_fd_ int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = tree_fd < 0 ? -errno
			     : path_open_no_links(tree_fd, "etc", O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return error_errno(ret_error, -fd, "cannot open %s/etc", tree);
	*ret = fd;
	return 0;
}

static int put_link_content(int from_fd, const char *from, int to_fd, const char *to)
{
	char target[4096];
	ssize_t n = readlinkat(from_fd, from, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to_fd, to) < 0 ? -errno : 0;
}

static int put_file_content(
	int from_fd, const char *from, const struct stat *st, int to_fd, const char *to)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	_cleanup_fd_ int in = -EBADF, out = -EBADF;
	_cleanup_free_ char *content = NULL;
	size_t size;
	int r;

	in = openat(from_fd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	out = openat(to_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (in < 0 || out < 0)
		return -errno;
	r = fd_read_all(in, FILE_LIMIT, &content, &size);
	if (r == 0)
		r = fd_write_all(out, content, size);
	if (r < 0)
		return r;
	if (fchown(out, st->st_uid, st->st_gid) < 0 || fchmod(out, st->st_mode & 07777) < 0 ||
		futimens(out, times) < 0)
		return -errno;
	return 0;
}

/* Puts the wanted version of path to the present /etc under the name target: a new file renamed over the old one, with owner, mode and times. */
static int put_file(const Merge *merge, const char *path, const char *target, Error **ret_error)
{
	_cleanup_free_ char *parent = strndup(target, (size_t)(path_base(target) - target)),
			    *temporary = NULL;
	_cleanup_fd_ int parent_fd = -EBADF, from_parent_fd = -EBADF;
	struct stat st;
	int r;

	if (!parent || asprintf(&temporary, ".%s.vsb-tmp", path_base(target)) < 0)
		return error_oom(ret_error);
	parent_fd = path_mkdir_in_root(merge->present_fd, parent, 0755);
	from_parent_fd = path_open_no_links(merge->wanted_fd, parent, O_PATH | O_DIRECTORY, 0);
	if (parent_fd < 0 || from_parent_fd < 0)
		return error_errno(ret_error, parent_fd < 0 ? -parent_fd : -from_parent_fd,
			"cannot open /etc/%s", parent);
	if (fstatat(from_parent_fd, path_base(path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "cannot read the new /etc/%s", path);
	r = S_ISLNK(st.st_mode)
		    ? put_link_content(from_parent_fd, path_base(path), parent_fd, temporary)
		    : put_file_content(from_parent_fd, path_base(path), &st, parent_fd, temporary);
	if (r == 0 && merge->before)
		r = etc_before_keep(merge->before, parent_fd, path_base(target), target);
	if (r == 0 && renameat(parent_fd, temporary, parent_fd, path_base(target)) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(parent_fd, temporary,
			0); /* the failure that is reported is the writing's */
		return error_errno(ret_error, -r, "cannot write /etc/%s", target);
	}
	return 0;
}

static int put_unless_dry_run(Merge *merge, const char *path, const char *target, Error **ret_error)
{
	return merge->dry_run ? 0 : put_file(merge, path, target, ret_error);
}

static const char *done_to(const Merge *merge, bool present)
{
	if (merge->dry_run)
		return present ? "Would update" : "Would add";
	return present ? "Updated" : "Added";
}

static int read_account_file(int etc_fd, const char *path, struct stat *ret_st, char **ret)
{
	_cleanup_fd_ int fd = path_open_no_links(etc_fd, path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return fd;
	if (fstat(fd, ret_st) < 0)
		return -errno;
	return S_ISREG(ret_st->st_mode) ? fd_read_all(fd, FILE_LIMIT, ret, NULL) : -EINVAL;
}

/* Beside the old one, and then in its place, with its owner and mode. */
static int replace_text(int etc_fd, const char *path, const struct stat *st, const char *text)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (asprintf(&temporary, ".%s.vsb-tmp", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = openat(etc_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0 &&
		(fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 07777) < 0 ||
			renameat(etc_fd, temporary, etc_fd, path) < 0))
		r = -errno;
	if (r < 0)
		(void)unlinkat(
			etc_fd, temporary, 0); /* the failure that is reported is the writing's */
	return r;
}

/* Accounts that were added here and on the host do not contradict each other. 1: it was done; 0: the text is none that can be merged. */
static int merge_accounts(Merge *merge, const char *path, Error **ret_error)
{
	_cleanup_free_ char *present = NULL, *wanted = NULL, *merged = NULL, *names = NULL;
	_cleanup_strv_ char **added = NULL, **left = NULL;
	struct stat st, other;
	int r;

	if (!account_merge_knows(path) ||
		read_account_file(merge->present_fd, path, &st, &present) < 0 ||
		read_account_file(merge->wanted_fd, path, &other, &wanted) < 0)
		return 0;
	if (account_merge(path, present, wanted, &merged, &added, &left) < 0)
		return error_oom(ret_error);
	if (strcmp(merged, present) == 0 && !left)
		return 1;
	r = merge->dry_run || !merge->before
		    ? 0
		    : etc_before_keep(merge->before, merge->present_fd, path, path);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot keep /etc/%s", path);
	r = merge->dry_run ? 0 : replace_text(merge->present_fd, path, &st, merged);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot write /etc/%s", path);
	names = strv_join(added, ", ");
	if (!names || strv_appendf(&merge->notes, "%s /etc/%s, which was changed here as well%s%s",
			      done_to(merge, true), path, added ? ": added " : "", names) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (name, left)
		if (strv_appendf(&merge->notes,
			    "Left account %s out of /etc/%s: another one has its number here",
			    *name, path) < 0)
			return error_oom(ret_error);
	return 1;
}

/* One file of the new version: leave, put, or put beside. */
static int merge_file(Merge *merge, const ManifestFile *wanted, Error **ret_error)
{
	const uint64_t *base = manifest_find(&merge->base, wanted->path);
	const uint64_t *present = manifest_find(&merge->present, wanted->path);
	_cleanup_free_ char *beside = NULL;
	int r;

	if (present && *present == wanted->digest)
		return 0;
	if (!present && base)
		return 0; /* the administrator removed it */
	if (!present || (base && *present == *base)) {
		r = put_unless_dry_run(merge, wanted->path, wanted->path, ret_error);
		if (r < 0)
			return r;
		return strv_appendf(&merge->notes, "%s /etc/%s", done_to(merge, present != NULL),
			       wanted->path) < 0
			       ? error_oom(ret_error)
			       : 0;
	}
	if (base && *base == wanted->digest)
		return 0; /* changed by the administrator alone */
	r = merge_accounts(merge, wanted->path, ret_error);
	if (r != 0)
		return r < 0 ? r : 0;
	if (asprintf(&beside, "%s" ETC_NEW_SUFFIX, wanted->path) < 0) {
		beside = NULL;
		return error_oom(ret_error);
	}
	r = put_unless_dry_run(merge, wanted->path, beside, ret_error);
	if (r < 0)
		return r;
	return strv_appendf(&merge->notes,
		       "Conflict: /etc/%s was changed here and by the package; the new version %s "
		       "in /etc/%s",
		       wanted->path, merge->dry_run ? "would be" : "is", beside) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static bool is_secret(const Plan *plan, const char *path)
{
	_cleanup_free_ char *inside = path_join("/etc", path);

	for (size_t i = 0; inside && i < plan->n_entries; i++)
		if (generated_secret_covers(&plan->entries[i], inside))
			return true;
	return false;
}

/* One file that came from the host once: tells of it when the host has it no more. It stays, since a site that moved into the container is removed from the host
 * just as a package's old configuration is. */
static int report_removed(
	Merge *merge, const Plan *plan, const ManifestFile *base, Error **ret_error)
{
	if (manifest_find(&merge->wanted, base->path) ||
		!manifest_find(&merge->present, base->path) || is_secret(plan, base->path))
		return 0;
	return strv_appendf(&merge->notes, "Left /etc/%s, which no longer comes from the host",
		       base->path) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int merge_files(Merge *merge, const Plan *plan, const Label *label, Error **ret_error)
{
	int r = label_create_begin(label, ret_error), end;

	for (size_t i = 0; r == 0 && i < merge->wanted.n_files; i++)
		r = merge_file(merge, &merge->wanted.files[i], ret_error);
	for (size_t i = 0; r == 0 && i < merge->base.n_files; i++)
		r = report_removed(merge, plan, &merge->base.files[i], ret_error);
	end = label_create_end(label, r == 0 ? ret_error : NULL);
	return r < 0 ? r : end;
}

static int merge_trees(
	Merge *merge, const Places *places, const Plan *plan, const Label *label, Error **ret_error)
{
	int r = image_mount(places, merge->dry_run, ret_error);

	if (r >= 0)
		r = open_etc(places->tree, &merge->present_fd, ret_error);
	if (r >= 0)
		r = open_etc(places->scratch, &merge->wanted_fd, ret_error);
	if (r >= 0)
		r = manifest_load(places->manifest, &merge->base, ret_error);
	if (r >= 0)
		r = manifest_make(merge->present_fd, NULL, &merge->present, ret_error);
	if (r >= 0)
		r = manifest_make(merge->wanted_fd, NULL, &merge->wanted, ret_error);
	if (r >= 0)
		r = merge_files(merge, plan, label, ret_error);
	/* From now on the packages' present version is what changes are compared with. */
	return r < 0 || merge->dry_run ? r
				       : manifest_save(&merge->wanted, places->manifest, ret_error);
}

int etc_merge(const Places *places, const Plan *plan, const Label *label, bool dry_run,
	EtcBefore *before, char ***ret_notes, Error **ret_error)
{
	_cleanup_(merge_done) Merge merge = {
		.present_fd = -EBADF, .wanted_fd = -EBADF, .dry_run = dry_run, .before = before
	};
	int r = before ? etc_before_begin(places, before, ret_error) : 0;

	if (r == 0)
		r = make_scratch(plan, places, ret_error);

	if (r < 0)
		return r;
	r = merge_trees(&merge, places, plan, label, ret_error);
	(void)plan_undo(
		places->scratch_journal, NULL); /* the next upgrade or delete removes what stays */
	if (r >= 0)
		*ret_notes = TAKE_PTR(merge.notes);
	return r;
}
