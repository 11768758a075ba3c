/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * clone: another container's description and content with an identity of its own: machine id, host name, keys, user ids, address, label.
 */
#include <dirent.h>
#include <string.h>

#include "base/strv.h"
#include "engine/keep/state.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/name-lock.h"
#include "content/image.h"

static void clear_text(char **text)
{
	free(*text);
	*text = NULL;
}

/* What can be had once only. A static label stays: the administrator chose it. */
static void clone_forget_wishes(Desc *desc)
{
	if (desc->security.labeling == DESC_LABEL_DYNAMIC)
		clear_text(&desc->security.level);
	for (size_t i = 0; i < desc->n_networks; i++) {
		clear_text(&desc->networks[i].mac);
		if (desc_network_is_ours(desc->networks[i].type))
			desc->networks[i].addresses = strv_free(desc->networks[i].addresses);
	}
}

static int clone_describe(const Desc *source, const char *name, Desc **ret, Error **ret_error)
{
	_cleanup_desc_ Desc *desc = NULL;
	int r = desc_copy(source, &desc, ret_error);

	if (r < 0)
		return r;
	free(desc->name);
	desc->name = strdup(name);
	if (!desc->name)
		return error_oom(ret_error);
	clone_forget_wishes(desc);
	*ret = TAKE_PTR(desc);
	return 0;
}

/* The tree's own directory belongs to us; only what is below its entries is the container's. */
static int clone_directories(const char *tree, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	struct dirent *entry;
	DIR *dir = opendir(tree);
	int r = 0;

	if (!dir)
		return error_errno(ret_error, errno, "list %s", tree);
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0)
			r = strv_append(&names, entry->d_name);
	(void)closedir(dir); /* read only */
	if (r < 0)
		return error_oom(ret_error);
	*ret = TAKE_PTR(names);
	return 0;
}

static int clone_plan(const Container *source, const Desc *asked, Container *ret, Plan **ret_plan,
	Error **ret_error)
{
	const char *tree = source->places.tree;
	_cleanup_strv_ char **directories = NULL;
	_cleanup_plan_ Plan *fresh = NULL;
	int r;

	r = create_plan(asked, ret, &fresh, ret_error);
	if (r < 0)
		return r;
	r = image_mount(&source->places, false, ret_error);
	if (r < 0)
		return r;
	r = clone_directories(tree, &directories, ret_error);
	if (r < 0)
		return r;
	return plan_clone(fresh, tree, directories, ret_plan, ret_error);
}

/* Both names are held: the source must neither run nor be deleted while its files are copied. */
static int clone_begin(const char *name, const char *copy, NameLock **ret_source,
	NameLock **ret_lock, Container *ret, Error **ret_error)
{
	_cleanup_run_state_ RunState state = { 0 };
	int r;

	if (strcmp(name, copy) == 0)
		return error_set(ret_error, EINVAL,
			"container %s cannot be cloned to itself; give the clone another name",
			name);
	r = sandbox_begin_change(name, ret_source, ret, ret_error);
	if (r < 0)
		return r;
	r = run_state_load(name, &state, ret_error);
	if (r < 0)
		return r;
	if (desc_has_own_root(ret->desc))
		return error_set(ret_error, EOPNOTSUPP,
			"container %s has a root of its own, and such are not cloned; create "
			"another one "
			"of the same base",
			name);
	if (state.phase != RUN_STOPPED)
		return error_set(ret_error, EBUSY,
			"container %s is running; stop it first, so that its files are copied in "
			"one piece",
			name);
	r = name_lock_hold_stopped(*ret_source, ret_error);
	return r < 0 ? r : name_lock_new(copy, ret_lock, ret_error);
}

PUBLIC int vsb_clone(const char *name, const char *copy, char ***ret_notes, vsb_error **error)
{
	_cleanup_name_lock_ NameLock *source_lock = NULL, *lock = NULL;
	_cleanup_container_ Container source = {}, container = {};
	_cleanup_desc_ Desc *asked = NULL;
	_cleanup_strv_ char **notes = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	int r;

	r = clone_begin(name, copy, &source_lock, &lock, &source, error);
	if (r < 0)
		return r;
	r = clone_describe(source.desc, copy, &asked, error);
	if (r >= 0)
		r = clone_plan(&source, asked, &container, &plan, error);
	if (r >= 0)
		r = create_make(&container, plan, lock, NULL, NULL, &notes, error);
	if (r < 0)
		return error_wrap(error, "clone container %s to %s", name, copy);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return 0;
}
