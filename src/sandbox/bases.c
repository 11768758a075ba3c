/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Verbs about bases of full systems: what there are, new ones, and which one a container has.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "sandbox/handle.h"
#include "sandbox/system-base.h"

PUBLIC int vsb_base_create(
	const vsb_desc *handle, vsb_progress progress, void *data, char **ret_id, vsb_error **error)
{
	const Desc *desc = handle->desc;
	_cleanup_base_ Base base = {};
	int r = sandbox_begin_work(error);

	if (r < 0)
		return r;
	if (!desc->os == !desc->os_from)
		return error_set(error, EINVAL,
			"a base is made from a system to install (--os) or from its files (--os-from)");
	r = system_base_provide(desc, true, progress, data, &base, error);
	if (r == 0)
		*ret_id = TAKE_PTR(base.id);
	return r;
}

static int add_row(const char *id, char ***rows, Error **ret_error)
{
	_cleanup_strv_ char **users = NULL;
	_cleanup_free_ char *joined = NULL;
	_cleanup_base_ Base base = {};
	int r = base_load(id, &base, ret_error);

	if (r == 0)
		r = system_base_users(id, &users, ret_error);
	if (r < 0)
		return r;
	joined = strv_join(users, " ");
	if (!joined || strv_append(rows, base.id) < 0 || strv_append(rows, base.from) < 0 ||
		strv_append(rows, base.arch) < 0 || strv_append(rows, base.init) < 0 ||
		strv_appendf(rows, "%" PRId64, base.made) < 0 || strv_append(rows, joined) < 0)
		return error_oom(ret_error);
	return 0;
}

PUBLIC int vsb_base_list(char ***ret, vsb_error **error)
{
	_cleanup_strv_ char **ids = NULL, **rows = NULL;
	int r = sandbox_begin(error);

	if (r == 0)
		r = base_list(&ids, error);
	for (char *const *id = ids; r == 0 && id && *id; id++)
		r = add_row(*id, &rows, error);
	if (r == 0)
		*ret = TAKE_PTR(rows);
	return r;
}

PUBLIC int vsb_base_delete(const char *word, vsb_error **error)
{
	_cleanup_strv_ char **users = NULL;
	_cleanup_free_ char *id = NULL;
	_cleanup_fd_ int lock = -EBADF;
	int r = sandbox_begin_work(error);

	if (r == 0)
		r = base_lock(&lock, error);
	if (r == 0)
		r = base_find(word, &id, error);
	if (r == 0)
		r = system_base_users(id, &users, error);
	if (r == 0 && users)
		return error_set(error, EBUSY,
			"cannot delete base %.*s: container %s uses it; delete that container first, or move it to another base (upgrade --base)",
			BASE_SHORT, id, users[0]);
	return r < 0 ? r : base_remove(id, error);
}

/* ---- Another base ---- */

/* What package managers write down about what is installed: with one of these in the container's own layer, its programs are partly there, and a new base would
 * have others below them than its list says. */
static const char *changed_packages(const char *tree)
{
	static const char *const databases[] = { "var/lib/dpkg/status", "var/lib/rpm",
		"usr/lib/sysimage/rpm", "lib/apk/db/installed", "usr/lib/apk/db/installed",
		"var/lib/pacman/local" };
	_cleanup_fd_ int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC), upper = -EBADF;

	upper = tree_fd < 0 ? -EBADF
			    : path_open_no_links(tree_fd, SYSTEM_UPPER, O_PATH | O_DIRECTORY, 0);
	for (size_t i = 0; upper >= 0 && i < ARRAY_SIZE(databases); i++) {
		_cleanup_fd_ int fd = path_open_no_links(upper, databases[i], O_PATH, 0);

		if (fd != -ENOENT && fd != -ENOTDIR) /* a link in the way is a change, too */
			return databases[i];
	}
	return upper < 0 ? SYSTEM_UPPER : NULL;
}

static int move(const Container *c, const Base *base, Error **ret_error)
{
	const char *changed = changed_packages(c->places.tree);
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_base_ Base old = {};
	int r;

	if (changed)
		return error_set(ret_error, EBUSY,
			"packages were installed or upgraded inside (its own layer has /%s), and "
			"would not fit the programs of another base; go on upgrading inside, or "
			"create a new container and move the data",
			changed);
	r = base_load(c->desc->base, &old, ret_error);
	if (r == 0 && strcmp(old.arch, base->arch) != 0)
		r = error_set(ret_error, EINVAL,
			"its programs are for %s, those of the base for %s; create a new container",
			old.arch, base->arch);
	if (r == 0)
		r = desc_copy(c->desc, &desc, ret_error);
	if (r < 0)
		return r;
	free(desc->base);
	free(desc->init);
	desc->base = strdup(base->id);
	desc->init = strdup(base->init);
	if (!desc->base || !desc->init)
		return error_oom(ret_error);
	return keyfile_save(desc, c->identity, c->places.keyfile, ret_error);
}

PUBLIC int vsb_move_to_base(const char *name, const char *word, vsb_error **error)
{
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_fd_ int bases = -EBADF;
	_cleanup_free_ char *id = NULL;
	_cleanup_base_ Base base = {};
	int r = sandbox_begin_change(name, &lock, &c, error);

	if (r < 0)
		return r;
	if (!c.desc->base)
		return error_set(error, EINVAL,
			"container %s has no base: it is not a full system made with --os or --os-from",
			name);
	r = name_lock_hold_stopped(lock, error);
	if (r == 0)
		r = base_lock(&bases, error);
	if (r == 0)
		r = base_find(word, &id, error);
	if (r == 0)
		r = base_load(id, &base, error);
	if (r == 0)
		r = move(&c, &base, error);
	return r < 0 ? error_wrap(error, "cannot move container %s to base %s", name, word) : 0;
}
