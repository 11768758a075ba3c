/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upgrade: after the host's packages changed, brings a container's /etc to what create would make today. Three ways meet: what the tool wrote last (the
 * manifest), what is there now, and what the plan makes now. What the administrator changed is kept; where the package changed it as well, the new version is put beside
 * it and listed, as a package manager does with conffiles.
 */
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
#include "desc/keyfile.h"
#include "engine/keep/state.h"
#include "host/host.h"
#include "identity/confirm.h"
#include "label/label.h"
#include "plan/fresh.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/image.h"
#include "sandbox/manifest.h"
#include "sandbox/upgrade.h"

#define NEW_SUFFIX ".vsb-new" /* of a new version beside one that the administrator changed */

typedef struct Upgrade {
	Manifest base, present, wanted; /* written last, there now, made now */
	int present_fd, wanted_fd; /* the two /etc directories */
	bool dry_run; /* only tell what would be done */
	char **notes;
} Upgrade;

static void upgrade_done(Upgrade *upgrade)
{
	manifest_done(&upgrade->base);
	manifest_done(&upgrade->present);
	manifest_done(&upgrade->wanted);
	(void)fd_close(upgrade->present_fd);
	(void)fd_close(upgrade->wanted_fd);
	strv_free(upgrade->notes);
}

static int scratch_paths(const char *name, char **ret_tree, char **ret_journal, Error **ret_error)
{
	_cleanup_free_ char *tree = layout_pathf(LAYOUT_RESERVATIONS, "upgrade/%s", name);
	_cleanup_free_ char *journal =
		layout_pathf(LAYOUT_RESERVATIONS, "upgrade/%s.journal", name);

	if (!tree || !journal)
		return error_oom(ret_error);
	*ret_tree = TAKE_PTR(tree);
	*ret_journal = TAKE_PTR(journal);
	return 0;
}

int upgrade_forget(const char *name, Error **ret_error)
{
	_cleanup_free_ char *tree = NULL, *journal = NULL;
	int r = scratch_paths(name, &tree, &journal, ret_error);

	return r < 0 ? r : plan_undo(journal, ret_error);
}

/* The part of a plan that is below /etc. Borrows the entries. */
static int plan_of_etc(const Plan *plan, Plan *ret, Error **ret_error)
{
	*ret = (Plan){ .entries = calloc(plan->n_entries + 1, sizeof(*plan->entries)),
		.excluded = plan->excluded };
	if (!ret->entries)
		return error_oom(ret_error);
	for (size_t i = 0; i < plan->n_entries; i++)
		/* Keys are the container's own since it was created; a fresh one would be a change that nobody asked for. */
		if (path_is_below(plan->entries[i].path, "/etc") &&
			plan->entries[i].kind != PLAN_SECRET)
			ret->entries[ret->n_entries++] = plan->entries[i];
	return 0;
}

static int make_scratch(const Plan *plan, const char *name, const char *tree, const char *journal,
	Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "upgrade");
	Plan etc = { 0 };
	int r;

	if (!directory)
		return error_oom(ret_error);
	r = upgrade_forget(name, ret_error);
	if (r < 0)
		return r;
	r = file_mkdir_p(directory, 0700, ret_error);
	if (r < 0)
		return r;
	r = plan_of_etc(plan, &etc, ret_error);
	if (r == 0)
		r = plan_apply(&etc, tree, journal, NULL, NULL, ret_error);
	free(etc.entries);
	return r;
}

static int open_etc(const char *tree, int *ret, Error **ret_error)
{
	_cleanup_fd_ int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = tree_fd < 0 ? -errno
			     : path_open_no_links(tree_fd, "etc", O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return error_errno(ret_error, -fd, "open %s/etc", tree);
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
static int put_file(const Upgrade *upgrade, const char *path, const char *target, Error **ret_error)
{
	_cleanup_free_ char *parent = strndup(target, (size_t)(path_base(target) - target)),
			    *temporary = NULL;
	_cleanup_fd_ int parent_fd = -EBADF, from_parent_fd = -EBADF;
	struct stat st;
	int r;

	if (!parent || asprintf(&temporary, ".%s.vsb-tmp", path_base(target)) < 0)
		return error_oom(ret_error);
	parent_fd = path_mkdir_in_root(upgrade->present_fd, parent, 0755);
	from_parent_fd = path_open_no_links(upgrade->wanted_fd, parent, O_PATH | O_DIRECTORY, 0);
	if (parent_fd < 0 || from_parent_fd < 0)
		return error_errno(ret_error, parent_fd < 0 ? -parent_fd : -from_parent_fd,
			"open /etc/%s", parent);
	if (fstatat(from_parent_fd, path_base(path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(ret_error, errno, "read the new /etc/%s", path);
	r = S_ISLNK(st.st_mode)
		    ? put_link_content(from_parent_fd, path_base(path), parent_fd, temporary)
		    : put_file_content(from_parent_fd, path_base(path), &st, parent_fd, temporary);
	if (r == 0 && renameat(parent_fd, temporary, parent_fd, path_base(target)) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(parent_fd, temporary,
			0); /* the failure that is reported is the writing's */
		return error_errno(ret_error, -r, "write /etc/%s", target);
	}
	return 0;
}

static int put_or_tell(Upgrade *upgrade, const char *path, const char *target, Error **ret_error)
{
	return upgrade->dry_run ? 0 : put_file(upgrade, path, target, ret_error);
}

static const char *done_to(const Upgrade *upgrade, bool present)
{
	if (upgrade->dry_run)
		return present ? "Would update" : "Would add";
	return present ? "Updated" : "Added";
}

/* One file of the new version: leave, put, or put beside. */
static int merge_file(Upgrade *upgrade, const ManifestFile *wanted, Error **ret_error)
{
	const uint64_t *base = manifest_find(&upgrade->base, wanted->path);
	const uint64_t *present = manifest_find(&upgrade->present, wanted->path);
	_cleanup_free_ char *beside = NULL;
	int r;

	if (present && *present == wanted->digest)
		return 0;
	if (!present && base)
		return 0; /* the administrator removed it */
	if (!present || (base && *present == *base)) {
		r = put_or_tell(upgrade, wanted->path, wanted->path, ret_error);
		if (r < 0)
			return r;
		return strv_appendf(&upgrade->notes, "%s /etc/%s",
			       done_to(upgrade, present != NULL), wanted->path) < 0
			       ? error_oom(ret_error)
			       : 0;
	}
	if (base && *base == wanted->digest)
		return 0; /* changed by the administrator alone */
	if (asprintf(&beside, "%s" NEW_SUFFIX, wanted->path) < 0) {
		beside = NULL;
		return error_oom(ret_error);
	}
	r = put_or_tell(upgrade, wanted->path, beside, ret_error);
	if (r < 0)
		return r;
	return strv_appendf(&upgrade->notes,
		       "Conflict: /etc/%s was changed here and by the package; the new version %s "
		       "in /etc/%s",
		       wanted->path, upgrade->dry_run ? "would be" : "is", beside) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static bool is_secret(const Plan *plan, const char *path)
{
	_cleanup_free_ char *inside = path_join("/etc", path);

	for (size_t i = 0; inside && i < plan->n_entries; i++)
		if (fresh_makes(&plan->entries[i], inside))
			return true;
	return false;
}

/* One file that came from the host once: tells of it when the host has it no more. It stays, since a site that moved into the container is removed from the host
 * just as a package's old configuration is. */
static int tell_of_gone(
	Upgrade *upgrade, const Plan *plan, const ManifestFile *base, Error **ret_error)
{
	if (manifest_find(&upgrade->wanted, base->path) ||
		!manifest_find(&upgrade->present, base->path) || is_secret(plan, base->path))
		return 0;
	return strv_appendf(&upgrade->notes,
		       "Left /etc/%s, which does not come from the host any more", base->path) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int merge(Upgrade *upgrade, const Plan *plan, const Label *label, Error **ret_error)
{
	int r = label_create_begin(label, ret_error), end;

	for (size_t i = 0; r == 0 && i < upgrade->wanted.n_files; i++)
		r = merge_file(upgrade, &upgrade->wanted.files[i], ret_error);
	for (size_t i = 0; r == 0 && i < upgrade->base.n_files; i++)
		r = tell_of_gone(upgrade, plan, &upgrade->base.files[i], ret_error);
	end = label_create_end(label, r == 0 ? ret_error : NULL);
	return r < 0 ? r : end;
}

static int upgrade_etc(Upgrade *upgrade, const Desc *desc, const Plan *plan, const char *scratch,
	Error **ret_error)
{
	_cleanup_free_ char *tree = registry_tree(desc);
	_cleanup_label_ Label *label = NULL;
	int r;

	if (!tree)
		return error_oom(ret_error);
	r = image_mount(desc, tree, upgrade->dry_run, ret_error);
	if (r >= 0)
		r = open_etc(tree, &upgrade->present_fd, ret_error);
	if (r >= 0)
		r = open_etc(scratch, &upgrade->wanted_fd, ret_error);
	if (r >= 0)
		r = manifest_load(desc->name, &upgrade->base, ret_error);
	if (r >= 0)
		r = manifest_make(upgrade->present_fd, NULL, &upgrade->present, ret_error);
	if (r >= 0)
		r = manifest_make(upgrade->wanted_fd, NULL, &upgrade->wanted, ret_error);
	if (r >= 0)
		r = identity_open_label(desc, &label, ret_error);
	if (r >= 0)
		r = merge(upgrade, plan, label, ret_error);
	/* From now on the packages' present version is what changes are compared with. */
	return r < 0 || upgrade->dry_run ? r
					 : manifest_save(&upgrade->wanted, desc->name, ret_error);
}

static int upgrade_files(Upgrade *upgrade, Desc *desc, Error **ret_error)
{
	_cleanup_free_ char *tree = NULL, *journal = NULL, *keyfile = registry_keyfile(desc->name);
	_cleanup_strv_ char **units = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r;

	if (!keyfile)
		return error_oom(ret_error);
	r = scratch_paths(desc->name, &tree, &journal, ret_error);
	if (r < 0)
		return r;
	r = create_think(desc, &plan, ret_error);
	if (r < 0)
		return r;
	r = make_scratch(plan, desc->name, tree, journal, ret_error);
	if (r < 0)
		return r;
	r = upgrade_etc(upgrade, desc, plan, tree, ret_error);
	(void)plan_undo(journal, NULL); /* the next upgrade or delete removes what stays */
	if (r < 0 || upgrade->dry_run)
		return r;
	/* Versions before 0.1.1 made the link unasked. */
	r = desc->host_journal ? 0 : host_journal_unlink(desc, ret_error);
	if (r >= 0)
		r = host_units_write(desc, &units, ret_error);
	if (r < 0)
		return r;
	r = create_sync(desc, ret_error);
	return r < 0 ? r : keyfile_save(desc, keyfile, ret_error);
}

PUBLIC int vsb_upgrade(const char *name, bool dry_run, char ***ret_notes, vsb_error **error)
{
	_cleanup_(upgrade_done)
		Upgrade upgrade = { .present_fd = -EBADF, .wanted_fd = -EBADF, .dry_run = dry_run };
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_claim_ Claim *claim = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r;

	r = sandbox_begin_change(name, &claim, &desc, error);
	if (r < 0)
		return r;
	r = run_state_load(name, &state, error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED && (!dry_run || desc->image_size != 0))
		return error_set(error, EBUSY,
			"container %s is running; stop it first, so that its files do not change "
			"meanwhile",
			name);
	if (state.phase == RUN_STOPPED)
		r = claim_stopped(claim, error);
	if (r >= 0)
		r = upgrade_files(&upgrade, desc, error);
	if (r < 0)
		return error_wrap(error, "upgrade container %s", name);
	if (ret_notes)
		*ret_notes = TAKE_PTR(upgrade.notes);
	return 0;
}
