/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * clone: another container's description and content with an identity of its own: machine id, host name, keys, user ids, address, label.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/knowledge.h"
#include "sandbox/clone.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/name-lock.h"
#include "sandbox/snapshot-store.h"
#include "sandbox/still.h"
#include "sandbox/task.h"
#include "content/image.h"
#include "content/tree-copy.h"

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

int clone_describe(const Desc *source, const char *name, Desc **ret, Error **ret_error)
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

/* The files of the layer that fit a pattern, "/etc/x/key_*": what the asterisk stands for says of what type one is made. */
static int clone_secrets_of(int layer_fd, const Stanza *fresh, char ***ret)
{
	const char *pattern = stanza_get(fresh, "path"), *name = path_base(pattern),
		   *star = strchr(name, '*');
	_cleanup_free_ char *place = strndup(pattern, (size_t)(name - pattern));
	size_t before = star ? (size_t)(star - name) : 0, after = star ? strlen(star + 1) : 0;
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd, r = 0;

	if (!star || !place)
		return place ? 0 : -ENOMEM;
	/* Nothing is followed: root inside may have put links there. */
	fd = path_open_no_links(layer_fd, place + 1, O_RDONLY | O_DIRECTORY, 0);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (r == 0 && dir && (entry = readdir(dir))) {
		size_t size = strlen(entry->d_name);

		if (entry->d_type != DT_REG || size <= before + after ||
			strncmp(entry->d_name, name, before) != 0 ||
			strcmp(entry->d_name + size - after, star + 1) != 0)
			continue;
		r = strv_appendf(ret, "%s%s", place, entry->d_name);
		if (r == 0)
			r = strv_appendf(ret, "%s %.*s", stanza_get(fresh, "kind"),
				(int)(size - before - after), entry->d_name + before);
	}
	return r;
}

/* A clone has the names of its own, and keys of its own; the rest of what its original has changed. */
static int clone_system(const Container *source, Plan *fresh, Error **ret_error)
{
	_cleanup_free_ char *layer = path_join(source->places.tree, SYSTEM_UPPER);
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	_cleanup_strv_ char **secrets = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (source->desc->root)
		return 0;
	fd = layer ? open(layer, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	if (fd < 0)
		return error_errno(
			ret_error, errno, "cannot open what %s has changed", source->desc->name);
	r = knowledge_load(&knowledge, ret_error);
	if (r < 0)
		return r;
	STANZA_FOREACH (rule, knowledge, STANZA_FRESH_SECRET)
		if (clone_secrets_of(fd, rule, &secrets) < 0)
			return error_oom(ret_error);
	return plan_clone_system(fresh, layer, secrets, ret_error);
}

int clone_plan_tree(
	const char *tree, const Desc *asked, Container *ret, Plan **ret_plan, Error **ret_error)
{
	_cleanup_strv_ char **directories = NULL;
	_cleanup_plan_ Plan *fresh = NULL;
	int r = create_plan(asked, ret, &fresh, ret_error);

	if (r == 0)
		r = tree_directories(tree, &directories, ret_error);
	return r < 0 ? r : plan_clone(fresh, tree, directories, ret_plan, ret_error);
}

static int clone_plan(const Container *source, const Desc *asked, Container *ret, Plan **ret_plan,
	Error **ret_error)
{
	_cleanup_plan_ Plan *fresh = NULL;
	int r;

	if (!desc_has_own_root(source->desc)) {
		r = image_mount(&source->places, true, ret_error);
		return r < 0 ? r
			     : clone_plan_tree(
				       source->places.tree, asked, ret, ret_plan, ret_error);
	}
	r = create_plan(asked, ret, &fresh, ret_error);
	if (r == 0)
		r = clone_system(source, fresh, ret_error);
	if (r == 0)
		*ret_plan = TAKE_PTR(fresh);
	return r;
}

/* Both names are held: the source must neither change nor be deleted while its files are copied. */
static int clone_begin(const char *word, const char *copy, bool pause, NameLock **ret_source,
	NameLock **ret_lock, Still *ret_still, Container *ret, Error **ret_error)
{
	_cleanup_free_ char *name = NULL, *tag = NULL;
	_cleanup_container_ Container c = {};
	int r = snapshot_split(word, &name, &tag, ret_error);

	if (r == 0 && strcmp(name, copy) == 0)
		r = error_set(ret_error, EINVAL,
			"container %s cannot be cloned to itself; give the clone another name",
			name);
	if (r == 0)
		r = sandbox_begin_change(name, ret_source, &c, ret_error);
	if (r == 0 && desc_writes_root(c.desc))
		r = error_set(ret_error, EOPNOTSUPP,
			"container %s writes to %s on the host as its root, which only one container can use; copy it and create another container with the copy",
			name, c.desc->root);
	if (r == 0 && tag) {
		r = snapshot_load(&c, tag, ret, ret_error);
	} else if (r == 0) {
		r = still_begin(&c, *ret_source, pause, ret_still, ret_error);
		if (r == 0) {
			*ret = c;
			c = (Container){};
		}
	}
	return r < 0 ? r : name_lock_new(copy, ret_lock, ret_error);
}

PUBLIC int vsb_clone_of(const char *source, const char *copy, unsigned int flags, char ***ret_notes,
	vsb_error **error)
{
	_cleanup_name_lock_ NameLock *source_lock = NULL, *lock = NULL;
	_cleanup_container_ Container of = {}, container = {};
	_cleanup_desc_ Desc *asked = NULL;
	_cleanup_strv_ char **notes = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	_cleanup_still_ Still still = {};
	int r = clone_begin(
		source, copy, flags & VSB_PAUSE, &source_lock, &lock, &still, &of, error);

	if (r < 0)
		return r;
	r = clone_describe(of.desc, copy, &asked, error);
	if (r >= 0)
		r = clone_plan(&of, asked, &container, &plan, error);
	if (r >= 0)
		r = create_make(&container, plan, lock, task_progress, NULL, &notes, error);
	if (r < 0)
		return error_wrap(error, "cannot clone container %s to %s", source, copy);
	if (ret_notes)
		*ret_notes = TAKE_PTR(notes);
	return 0;
}

PUBLIC int vsb_clone(const char *name, const char *copy, char ***ret_notes, vsb_error **error)
{
	return vsb_clone_of(name, copy, 0, ret_notes, error);
}
