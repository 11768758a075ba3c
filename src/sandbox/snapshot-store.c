/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots on disk, and the one moment in which a restore happens.
 */
#include "sandbox/snapshot-store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "content/apply.h"
#include "content/file-content.h"
#include "content/tree-copy.h"
#include "desc/keyfile.h"
#include "identity/confirm.h"
#include "identity/wishes.h"
#include "sandbox/registry.h"

static const char *content_of(const Places *places)
{
	return places->image ? places->image : places->tree;
}

int snapshot_check_tag(const char *tag, Error **ret_error)
{
	return desc_check_name(tag, NULL) == 0
		       ? 0
		       : error_set(ret_error, EINVAL,
				 "tag \"%.80s\" must begin with a letter or digit and go on with at most 63 "
				 "letters, digits, \"_\", \"-\" or single dots",
				 tag);
}

int snapshot_split(const char *word, char **ret_name, char **ret_tag, Error **ret_error)
{
	const char *at = strchr(word, '@');
	_cleanup_free_ char *name = at ? strndup(word, (size_t)(at - word)) : strdup(word),
			    *tag = at ? strdup(at + 1) : NULL;
	int r = name && (!at || tag) ? 0 : error_oom(ret_error);

	if (r == 0 && at)
		r = snapshot_check_tag(tag, ret_error);
	if (r < 0)
		return r;
	*ret_name = TAKE_PTR(name);
	*ret_tag = TAKE_PTR(tag);
	return 0;
}

char *snapshot_path(const Places *places, const char *tag, const char *what)
{
	_cleanup_free_ char *directory = path_join(places->snapshots, tag);

	return directory ? path_join(directory, what) : NULL;
}

static char *work_path(const Places *places, const char *what)
{
	return snapshot_path(places, SNAPSHOT_WORK, what);
}

int snapshot_tags(const Places *places, char ***ret, Error **ret_error)
{
	_cleanup_strv_ char **tags = NULL;
	int r = registry_names_in(places->snapshots, "", &tags, ret_error);

	if (r < 0)
		return r;
	strv_sort(tags);
	*ret = TAKE_PTR(tags);
	return 0;
}

int64_t snapshot_made(const Places *places, const char *tag)
{
	_cleanup_free_ char *path = snapshot_path(places, tag, "container.sandbox");
	struct stat st;

	return path && stat(path, &st) == 0 ? st.st_mtim.tv_sec : 0;
}

size_t snapshot_count(const Desc *desc)
{
	_cleanup_places_ Places places = {};
	_cleanup_strv_ char **tags = NULL;

	return places_of(desc, &places, NULL) == 0 && snapshot_tags(&places, &tags, NULL) == 0
		       ? strv_length(tags)
		       : 0;
}

bool snapshot_has_base(const Desc *desc, const char *id)
{
	_cleanup_places_ Places places = {};
	_cleanup_strv_ char **tags = NULL;

	if (!desc->base || places_of(desc, &places, NULL) < 0 ||
		snapshot_tags(&places, &tags, NULL) < 0)
		return false;
	STRV_FOREACH (tag, tags) {
		_cleanup_free_ char *path = snapshot_path(&places, *tag, "container.sandbox");
		_cleanup_desc_ Desc *then = NULL;

		/* One that cannot be read may have it. */
		if (!path || keyfile_load(path, &then, NULL, NULL) < 0 || !then->base ||
			strcmp(then->base, id) == 0)
			return true;
	}
	return false;
}

int snapshot_load(const Container *c, const char *tag, Container *ret, Error **ret_error)
{
	_cleanup_free_ char *path = snapshot_path(&c->places, tag, "container.sandbox"),
			    *content = snapshot_path(&c->places, tag, "content");
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_container_ Container then = {};
	_cleanup_desc_ Desc *desc = NULL;
	const char **place;
	int r = path && content ? 0 : error_oom(ret_error);

	if (r == 0 && !file_exists(path))
		r = error_set(ret_error, ENOENT,
			"container %s has no snapshot %s; `snapshot --list %s` shows those that it has",
			c->desc->name, tag, c->desc->name);
	if (r == 0)
		r = keyfile_load(path, &desc, &identity, ret_error);
	if (r < 0)
		return r;
	/* By another name now, perhaps. */
	free(desc->name);
	desc->name = strdup(c->desc->name);
	r = desc->name ? desc_resolve(desc, ret_error) : error_oom(ret_error);
	if (r == 0)
		r = container_new(&desc, &identity, &then, ret_error);
	if (r < 0)
		return r;
	place = then.places.image ? &then.places.image : &then.places.tree;
	free((char *)*place);
	*place = TAKE_PTR(content);
	*ret = then;
	then = (Container){};
	return 0;
}

/* ---- Copies ---- */

static int copy_image(const char *from, const char *to, Error **ret_error)
{
	_cleanup_free_ ContentSeen *seen = malloc(sizeof(*seen));
	_cleanup_fd_ int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), out = -EBADF;
	struct stat st;
	int r;

	if (!seen)
		return error_oom(ret_error);
	if (in < 0 || fstat(in, &st) < 0)
		return error_errno(ret_error, errno, "cannot open the image %s", from);
	out = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = out < 0 ? -errno : content_copy(in, out, st.st_size, st.st_blocks, NULL, seen);
	return r < 0 ? error_errno(ret_error, -r, "cannot copy the image to %s", to) : 0;
}

/* Everything of it, as it is: what is the host's own there is the directory alone. */
static int plan_copy(const Container *c, Plan **ret, Error **ret_error)
{
	_cleanup_free_ char *layer = path_join(c->places.tree, SYSTEM_UPPER),
			    *work = strdup("/" SYSTEM_WORK);
	_cleanup_plan_ Plan *plan = calloc(1, sizeof(*plan));
	_cleanup_strv_ char **names = NULL;
	Plan none = {};
	int r;

	if (!layer || !work || !plan)
		return error_oom(ret_error);
	if (!c->desc->base) {
		r = tree_directories(c->places.tree, &names, ret_error);
		return r < 0 ? r : plan_clone(&none, c->places.tree, names, ret, ret_error);
	}
	plan->entries = calloc(1, sizeof(*plan->entries));
	if (!plan->entries)
		return error_oom(ret_error);
	plan->entries[plan->n_entries++] =
		(PlanEntry){ .kind = PLAN_DIRECTORY, .path = TAKE_PTR(work), .mode = 0755 };
	r = plan_clone_system(plan, layer, NULL, ret_error);
	if (r == 0)
		*ret = TAKE_PTR(plan);
	return r;
}

static int copy_tree(const Container *c, const Places *to, Error **ret_error)
{
	_cleanup_free_ char *tree = work_path(to, "content"), *journal = work_path(to, "journal");
	_cleanup_label_ Label *label = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	_cleanup_fd_ int fd = -EBADF;
	int r = tree && journal ? plan_copy(c, &plan, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	plan->excluded = strv_free(plan->excluded);
	if (wish_labels(c->desc, c->identity).process)
		r = identity_open_label(c->desc, c->identity, &label, ret_error);
	if (r == 0)
		r = plan_apply(plan, tree, journal, label, NULL, ret_error);
	if (r < 0)
		return r;
	fd = open(tree, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? error_errno(ret_error, errno, "cannot open %s", tree)
		      : trusted_path_mark(fd, tree, ret_error);
}

int snapshot_copy(const Container *c, const Places *to, Error **ret_error)
{
	_cleanup_free_ char *image = work_path(to, "content");

	log_step("copy", "content of %s", c->desc->name);
	if (c->places.image)
		return image ? copy_image(c->places.image, image, ret_error) : error_oom(ret_error);
	return copy_tree(c, to, ret_error);
}

/* ---- Work that may be interrupted ---- */

int snapshot_begin(const Places *places, Error **ret_error)
{
	_cleanup_free_ char *work = path_join(places->snapshots, SNAPSHOT_WORK);
	_cleanup_fd_ int fd = -EBADF;
	int r = work ? file_mkdir_parent(places->snapshotting, ret_error) : error_oom(ret_error);

	if (r == 0)
		r = file_write_atomic(places->snapshotting, "", 0, 0600, ret_error);
	if (r == 0)
		r = file_mkdir_p(places->snapshots, 0700, ret_error);
	if (r ==
		0) /* they lie where the administrator said: may nobody else have put a link there? */
		r = trusted_path_open(places->snapshots,
			TRUSTED_NO_CONTAINER | TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, &fd, NULL,
			ret_error);
	if (r == 0)
		r = file_remove_tree(AT_FDCWD, work, ret_error);
	if (r == 0 && mkdir(work, 0700) < 0)
		r = error_errno(ret_error, errno, "cannot make %s", work);
	return r;
}

/* Whose content it is says the number of its inode, which is written down before: it is the container's from the moment on that the kernel exchanges the two. */
static bool has_happened(const Places *places)
{
	_cleanup_free_ char *inode = work_path(places, "inode");
	char text[32] = "", is[32];
	struct stat st;

	if (!inode || readlink(inode, text, sizeof(text) - 1) < 0 ||
		lstat(content_of(places), &st) < 0)
		return false;
	(void)snprintf(is, sizeof(is), "%llu", (unsigned long long)st.st_ino);
	return strcmp(text, is) == 0;
}

int snapshot_exchange(const Places *places, Error **ret_error)
{
	_cleanup_free_ char *content = work_path(places, "content"),
			    *inode = work_path(places, "inode");
	const char *target = content_of(places);
	char *const paths[] = { content, (char *)places->manifest, NULL };
	char number[32];
	struct stat st;
	int r;

	if (!content || !inode)
		return error_oom(ret_error);
	if (lstat(content, &st) < 0)
		return error_errno(ret_error, errno, "cannot inspect %s", content);
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)st.st_ino);
	if (symlink(number, inode) < 0)
		return error_errno(ret_error, errno, "cannot make %s", inode);
	r = file_sync_systems(paths, ret_error);
	if (r == 0 && renameat2(AT_FDCWD, content, AT_FDCWD, target, RENAME_EXCHANGE) < 0)
		r = error_errno(ret_error, errno, "cannot exchange %s and %s", content, target);
	return r;
}

/* What upgrade goes by belongs to the content. */
static int carry_manifest(const Places *places, Error **ret_error)
{
	_cleanup_free_ char *manifest = work_path(places, "manifest");

	if (!manifest)
		return error_oom(ret_error);
	return file_exists(manifest) && rename(manifest, places->manifest) < 0
		       ? error_errno(ret_error, errno, "cannot rename %s to %s", manifest,
				 places->manifest)
		       : 0;
}

int snapshot_finish(const Places *places, Error **ret_error)
{
	_cleanup_free_ char *work = path_join(places->snapshots, SNAPSHOT_WORK),
			    *all = work ? strndup(places->snapshots,
						  (size_t)(path_base(places->snapshots) -
							   places->snapshots))
					: NULL;
	int r = all ? 0 : error_oom(ret_error);

	if (r == 0 && has_happened(places))
		r = carry_manifest(places, ret_error);
	if (r == 0)
		r = file_remove_tree(AT_FDCWD, work, ret_error);
	if (r < 0)
		return r;
	(void)rmdir(places->snapshots); /* those that hold something stay */
	(void)rmdir(all);
	return unlink(places->snapshotting) < 0 && errno != ENOENT
		       ? error_errno(ret_error, errno, "cannot remove %s", places->snapshotting)
		       : 0;
}

int snapshot_recover(const char *name, Error **ret_error)
{
	_cleanup_container_ Container c = {};

	/* Of one that cannot be read nobody knows where they are: when it can be read again. */
	return registry_load(name, &c, NULL) < 0 ? 0 : snapshot_finish(&c.places, ret_error);
}
