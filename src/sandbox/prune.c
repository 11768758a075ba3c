/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * prune: what nobody needs any more. What interrupted commands left is not waited for here: every command that changes something cleans that up.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/reservation.h"
#include "base/strv.h"
#include "content/base-store.h"
#include "sandbox/domain-name.h"
#include "sandbox/handle.h"
#include "sandbox/kept.h"
#include "sandbox/system-base.h"
#include "sandbox/task.h"

/* Of LAYOUT_RESERVATIONS: files with the name of a container, which its delete removes. */
static const char *const left[] = { "outcomes", "manifests", "relabelled" };

typedef struct Prune {
	bool dry_run;
	char **found;
} Prune;

static int found(Prune *p, const char *kind, const char *name, Error **ret_error)
{
	return strv_append(&p->found, kind) < 0 || strv_append(&p->found, name) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int prune_deleted(Prune *p, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = kept_names(&names, ret_error);

	STRV_FOREACH (name, names) {
		task_step("removing", *name);
		if (r == 0 && !p->dry_run)
			r = kept_remove(*name, ret_error);
		if (r == 0)
			r = found(p, "deleted", *name, ret_error);
	}
	return r;
}

static int prune_bases(Prune *p, Error **ret_error)
{
	_cleanup_strv_ char **ids = NULL;
	_cleanup_fd_ int lock = -EBADF;
	int r = base_lock(&lock, ret_error);

	if (r == 0)
		r = base_list(&ids, ret_error);
	STRV_FOREACH (id, ids) {
		_cleanup_strv_ char **users = NULL;

		if (r == 0)
			r = system_base_users(*id, &users, ret_error);
		if (r < 0 || users)
			continue;
		task_step("removing base", *id);
		if (!p->dry_run)
			r = base_remove(*id, ret_error);
		if (r == 0)
			r = found(p, "base", *id, ret_error);
	}
	return r;
}

static int prune_left(Prune *p, const char *kind, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "%s", kind);
	_cleanup_strv_ char **names = NULL;
	int r = directory ? registry_names_in(directory, "", &names, ret_error)
			  : error_oom(ret_error);

	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = path_join(directory, *name);

		if (r < 0 || !reservation_owner_is_gone(*name) || domain_name_is_taken(*name))
			continue;
		if (!path)
			return error_oom(ret_error);
		if (!p->dry_run && unlink(path) < 0 && errno != ENOENT)
			r = error_errno(ret_error, errno, "cannot remove %s", path);
		if (r == 0)
			r = found(p, "leftover", path, ret_error);
	}
	return r;
}

PUBLIC int vsb_prune(bool dry_run, char ***ret, vsb_error **error)
{
	Prune p = { .dry_run = dry_run };
	int result, r = dry_run ? sandbox_begin(error) : sandbox_begin_work(error);

	if (r < 0)
		return r;
	/* The first failure counts, and the rest is done all the same. */
	result = prune_deleted(&p, error);
	if (!dry_run)
		base_scratch_sweep();
	r = prune_bases(&p, result < 0 ? NULL : error);
	result = result < 0 ? result : r;
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		r = prune_left(&p, left[i], result < 0 ? NULL : error);
		result = result < 0 ? result : r;
	}
	if (result == 0)
		*ret = TAKE_PTR(p.found);
	strv_free(p.found);
	return result;
}
