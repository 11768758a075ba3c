/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * snapshot, restore: the content of a container as it was. Its identity, and what its description says today, stay.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "engine/keep/event-log.h"
#include "sandbox/handle.h"
#include "sandbox/image-grow.h"
#include "sandbox/snapshot-store.h"
#include "sandbox/still.h"

/* Of the time, where none is given. */
static char *tag_of_now(void)
{
	time_t now = time(NULL);
	struct tm date;
	char tag[32];

	return gmtime_r(&now, &date) && strftime(tag, sizeof(tag), "%Y-%m-%d-%H%M%S", &date) > 0
		       ? strdup(tag)
		       : NULL;
}

static int copy_manifest(const char *from, char *to, Error **ret_error)
{
	_cleanup_free_ char *path = to, *text = NULL;
	size_t size;
	int r = path ? file_read_optional(from, &text, &size, ret_error) : error_oom(ret_error);

	return r <= 0 ? r : file_write_unsynced(path, text, size, 0600, ret_error);
}

static int make_snapshot(const Container *c, const char *tag, Error **ret_error)
{
	const Places *places = &c->places;
	_cleanup_free_ char *description =
				    snapshot_path(places, SNAPSHOT_WORK, "container.sandbox"),
			    *work = path_join(places->snapshots, SNAPSHOT_WORK),
			    *target = path_join(places->snapshots, tag);
	char *const paths[] = { work, NULL };
	int r = description && work && target ? snapshot_begin(places, ret_error)
					      : error_oom(ret_error);

	if (r == 0)
		r = snapshot_copy(c, places, ret_error);
	if (r == 0)
		r = copy_manifest(places->manifest,
			snapshot_path(places, SNAPSHOT_WORK, "manifest"), ret_error);
	if (r == 0)
		r = keyfile_save(c->desc, c->identity, description, ret_error);
	if (r == 0)
		r = file_sync_systems(paths, ret_error);
	if (r == 0 && renameat2(AT_FDCWD, work, AT_FDCWD, target, RENAME_NOREPLACE) < 0)
		r = error_errno(ret_error, errno, "cannot rename %s to %s", work, target);
	if (r < 0) { /* what cannot be removed now, the next command removes */
		(void)snapshot_finish(places, NULL);
		return r;
	}
	return snapshot_finish(places, ret_error);
}

static int check_snapshot(const Container *c, const char *tag, Error **ret_error)
{
	_cleanup_free_ char *path = path_join(c->places.snapshots, tag);

	if (c->desc->root)
		return error_set(ret_error, EOPNOTSUPP,
			"its root is %s on the host, which is not its own; copy that",
			c->desc->root);
	if (path && file_exists(path))
		return error_set(ret_error, EEXIST, "it has a snapshot %s already", tag);
	return path ? 0 : error_oom(ret_error);
}

PUBLIC int vsb_snapshot(
	const char *name, const char *tag, unsigned int flags, char **ret_tag, vsb_error **error)
{
	_cleanup_free_ char *given = tag ? strdup(tag) : tag_of_now();
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_still_ Still still = {};
	int r = given ? snapshot_check_tag(given, error) : error_oom(error);

	if (r == 0)
		r = sandbox_begin_change(name, &lock, &c, error);
	if (r == 0)
		r = check_snapshot(&c, given, error);
	if (r == 0)
		r = still_begin(&c, lock, flags & VSB_PAUSE, &still, error);
	if (r == 0) {
		log_step("snapshot", "%s of %s", given, name);
		r = make_snapshot(&c, given, error);
	}
	if (r < 0)
		return error_wrap(error, "cannot make a snapshot of container %s", name);
	if (ret_tag)
		*ret_tag = TAKE_PTR(given);
	return 0;
}

PUBLIC int vsb_snapshots(const char *name, char ***ret, vsb_error **error)
{
	_cleanup_strv_ char **tags = NULL, **rows = NULL;
	_cleanup_container_ Container c = {};
	int r = sandbox_begin_look(name, &c, NULL, error);

	if (r == 0)
		r = snapshot_tags(&c.places, &tags, error);
	STRV_FOREACH (tag, tags)
		if (r == 0 && (strv_append(&rows, *tag) < 0 ||
				      strv_appendf(&rows, "%" PRId64,
					      snapshot_made(&c.places, *tag)) < 0))
			r = error_oom(error);
	if (r == 0)
		*ret = TAKE_PTR(rows);
	return r;
}

/* "NAME@TAG", and no other command works on it. */
static int begin(
	const char *word, NameLock **ret_lock, Container *ret, char **ret_tag, Error **ret_error)
{
	_cleanup_free_ char *name = NULL, *tag = NULL;
	int r = snapshot_split(word, &name, &tag, ret_error);

	if (r == 0 && !tag)
		r = error_set(ret_error, EINVAL, "say which, as %s@TAG; `snapshot --list %s`", name,
			name);
	if (r == 0)
		r = sandbox_begin_change(name, ret_lock, ret, ret_error);
	if (r == 0)
		*ret_tag = TAKE_PTR(tag);
	return r;
}

PUBLIC int vsb_snapshot_delete(const char *snapshot, vsb_error **error)
{
	_cleanup_container_ Container c = {}, then = {};
	_cleanup_free_ char *tag = NULL, *work = NULL, *path = NULL;
	_cleanup_name_lock_ NameLock *lock = NULL;
	int r = begin(snapshot, &lock, &c, &tag, error);

	if (r == 0) {
		work = path_join(c.places.snapshots, SNAPSHOT_WORK);
		path = path_join(c.places.snapshots, tag);
		r = work && path ? 0 : error_oom(error);
	}
	if (r == 0 && !file_exists(path)) /* says so */
		r = snapshot_load(&c, tag, &then, error);
	if (r == 0)
		r = snapshot_begin(&c.places, error);
	if (r == 0 && rename(path, work) < 0) /* in the place of the empty one */
		r = error_errno(error, errno, "cannot rename %s to %s", path, work);
	if (r == 0)
		r = snapshot_finish(&c.places, error);
	return r < 0 ? error_wrap(error, "cannot delete snapshot %s", snapshot) : 0;
}

/* ---- restore ---- */

static int check_restore(const Container *c, const Container *then, Error **ret_error)
{
	if (!c->places.image != !then->places.image)
		return error_set(ret_error, EOPNOTSUPP,
			"one of the two is an image, and the other is not; clone the snapshot");
	if (!c->desc->base != !then->desc->base ||
		(c->desc->base && strcmp(c->desc->base, then->desc->base) != 0))
		return error_set(ret_error, EOPNOTSUPP,
			"it is of another base; put the container onto that first (`upgrade --base %.12s %s`)",
			then->desc->base ? then->desc->base : "", c->desc->name);
	return 0;
}

/* It may have grown since. */
static int grow(const Container *c, Error **ret_error)
{
	Places places = c->places;
	_cleanup_free_ char *image = snapshot_path(&places, SNAPSHOT_WORK, "content"),
			    *copy = snapshot_path(&places, SNAPSHOT_WORK, "larger");

	if (!c->places.image)
		return 0;
	if (!image || !copy)
		return error_oom(ret_error);
	places.image = image;
	places.image_copy = copy;
	return image_grow(c->desc, &places, ret_error);
}

static int restore(const Container *c, const char *tag, const Container *then, Error **ret_error)
{
	const Places *places = &c->places;
	/* Labelled as the container is today. Borrows all. */
	const Container from = { .desc = c->desc, .identity = c->identity, .places = then->places };
	_cleanup_free_ char *manifest = snapshot_path(places, tag, "manifest");
	int r = manifest ? snapshot_begin(places, ret_error) : error_oom(ret_error);

	if (r == 0)
		r = snapshot_copy(&from, places, ret_error);
	if (r == 0)
		r = grow(c, ret_error);
	if (r == 0)
		r = copy_manifest(
			manifest, snapshot_path(places, SNAPSHOT_WORK, "manifest"), ret_error);
	if (r == 0)
		r = snapshot_exchange(places, ret_error);
	if (r < 0) {
		(void)snapshot_finish(places, NULL); /* the next command tries again */
		return r;
	}
	return snapshot_finish(places, ret_error);
}

PUBLIC int vsb_restore(const char *snapshot, vsb_error **error)
{
	_cleanup_container_ Container c = {}, then = {};
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_free_ char *tag = NULL;
	int r = begin(snapshot, &lock, &c, &tag, error);

	if (r == 0)
		r = name_lock_hold_stopped(lock, error);
	if (r == 0)
		r = snapshot_load(&c, tag, &then, error);
	if (r == 0)
		r = check_restore(&c, &then, error);
	if (r == 0) {
		log_step("restore", "%s", snapshot);
		r = restore(&c, tag, &then, error);
	}
	if (r == 0)
		event_log_reason(c.desc->name, EVENT_RESTORED, "%s", tag);
	return r < 0 ? error_wrap(error, "cannot restore %s", snapshot) : 0;
}
