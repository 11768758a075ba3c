/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * delete: everything that create made, backwards. Once begun it is carried through, by the next command if need be.
 *
 * A description that cannot be read is, by force, what of it can be read, line by line; reservations are found by the name of the container, and its tree by the mark that only root of the host can set.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/reservation.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "desc/keyfile.h"
#include "engine/keep/event-log.h"
#include "engine/keep/state.h"
#include "sandbox/handle.h"
#include "sandbox/kept.h"
#include "sandbox/kept-name.h"
#include "sandbox/registry.h"
#include "sandbox/task.h"
#include "sandbox/name-lock.h"

/* What there is to delete is in the description: the tree may be anywhere. Guessing could delete what is not the container's. */
static int delete_load(const char *name, Container *ret, Error **ret_error)
{
	int r = registry_load(name, ret, ret_error);

	if (r != -EINVAL && r != -EBADMSG)
		return r;
	return error_set(ret_error, -r,
		"%s; correct that file (`edit %s`), or delete what can be found of the container "
		"(`delete --force %s`)",
		error_message(ret_error ? *ret_error : NULL), name, name);
}

/* What its description cannot name any more. */
static int release_all(const char *name, Error **ret_error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < RESERVATION_KINDS; i++) {
		_cleanup_free_ char *directory =
			layout_pathf(LAYOUT_RESERVATIONS, "%s", reservation_kinds[i]);

		r = directory ? reservation_release_all(directory, name, NULL, ret_error)
			      : error_oom(ret_error);
	}
	return r;
}

/* all: reservations that its description does not name, too. */
static int delete_one(const char *name, bool all, Error **error)
{
	_cleanup_run_state_ RunState state = { 0 };
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container container = {};
	int r = sandbox_begin_work(error);
	if (r >= 0)
		r = name_lock_take(name, &lock, error);
	if (r >= 0)
		r = delete_load(name, &container, error);
	if (r >= 0)
		r = run_state_load(name, &state, error);
	if (r < 0)
		return r;
	if (state.phase != RUN_STOPPED)
		return error_set(
			error, EBUSY, "Cannot delete running container %s; stop it first", name);
	/* The state was for the sentence; this is what a supervisor that is just being started meets. */
	r = name_lock_hold_stopped(lock, error);
	if (r >= 0)
		r = name_lock_mark_for_deletion(lock, error);
	if (r < 0)
		return r;
	supervisor_forget(name);
	r = name_lock_undo(lock, error);
	if (r == 0)
		event_log(name, EVENT_DELETED, NULL);
	return r == 0 && all ? release_all(name, error) : r;
}

PUBLIC int vsb_delete(const char *name, vsb_error **error)
{
	task_step("deleting", name);
	return delete_one(name, false, error);
}

#define LINES_MAX 4096

static bool is_readable(const char *text, size_t size, const char *name)
{
	_cleanup_desc_ Desc *desc = NULL;

	return keyfile_parse(text, size, name, &desc, NULL, NULL) == 0;
}

/* Its lines that say something, and that it has this name. */
static int salvage_text(const char *name, char *text, Buf *ret)
{
	_cleanup_free_ char *section = NULL, *written = strdup("");
	char *save = NULL;
	size_t n = 0;

	buf_printf(ret, "[core]\nname=%s\n", name);
	for (char *line = strtok_r(text, "\n", &save); line && n < LINES_MAX;
		line = strtok_r(NULL, "\n", &save), n++) {
		_cleanup_buf_ Buf tried = { 0 };

		if (*line == '[') {
			free(section);
			section = strdup(line);
			continue;
		}
		if (!section)
			continue;
		if (!written || ret->failed)
			return -ENOMEM;
		buf_append(&tried, ret->data, ret->size);
		if (strcmp(written, section) != 0)
			buf_printf(&tried, "%s\n", section);
		buf_printf(&tried, "%s\n", line);
		if (tried.failed)
			return -ENOMEM;
		if (!is_readable(tried.data, tried.size, name))
			continue;
		free(written);
		written = strdup(section);
		buf_done(ret);
		*ret = tried;
		tried = (Buf){ 0 };
	}
	return 0;
}

static int parse_whole(
	const char *text, size_t size, const char *name, Desc **ret, Identity **ret_identity)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = keyfile_parse(text, size, name, &desc, &identity, NULL);

	if (r == 0)
		r = desc_resolve(desc, NULL);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(desc);
	*ret_identity = TAKE_PTR(identity);
	return 0;
}

static int salvage(const char *name, char *text, Container *ret, Error **ret_error)
{
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_free_ char *least = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	_cleanup_buf_ Buf good = { 0 };
	int r = salvage_text(name, text, &good);

	if (r < 0 || good.failed)
		return error_oom(ret_error);
	r = parse_whole(good.data, good.size, name, &desc, &identity);
	if (r < 0) {
		if (asprintf(&least, "[core]\nname=%s\n[command]\nargv=/bin/true\n", name) < 0) {
			least = NULL;
			return error_oom(ret_error);
		}
		r = parse_whole(least, strlen(least), name, &desc, &identity);
	}
	return r < 0 ? error_set(ret_error, -r,
			       "container %s: nothing of its description can be read", name)
		     : container_new(&desc, &identity, ret, ret_error);
}

/* A line that cannot be read may have said that it is elsewhere, and somebody else's directory may be where it would be. */
static int check_tree(const Container *c, Error **ret_error)
{
	_cleanup_fd_ int fd = open(c->places.tree, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *image = layout_pathf(LAYOUT_IMAGES, "%s.raw", c->desc->name);

	if (fd < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot inspect %s", c->places.tree);
	if (fd >= 0 && !c->places.image && image && file_exists(image))
		return error_set(ret_error, EPERM,
			"cannot delete container %s: its description no longer says whether %s belongs to it; remove that file or move it away first",
			c->desc->name, image);
	if (fd >= 0 && !c->places.image && !trusted_path_is_marked(fd))
		return error_set(ret_error, EPERM,
			"cannot delete container %s: nothing says that %s is its own; move it away first",
			c->desc->name, c->places.tree);
	return 0;
}

static int repair_description(const char *name, Error **ret_error)
{
	_cleanup_free_ char *text = NULL, *repaired = NULL;
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_places_ Places places = {};
	int r = name_lock_take(name, &lock, ret_error);

	if (r == 0)
		r = places_of_name(name, &places, ret_error);
	if (r == 0)
		r = file_read(places.keyfile, &text, NULL, ret_error);
	if (r == 0)
		r = salvage(name, text, &c, ret_error);
	if (r == 0)
		r = check_tree(&c, ret_error);
	if (r == 0)
		r = keyfile_format(c.desc, c.identity, NULL, &repaired, ret_error);
	return r < 0 ? r
		     : file_write_atomic(
			       places.keyfile, repaired, strlen(repaired), 0600, ret_error);
}

PUBLIC int vsb_delete_force(const char *name, vsb_error **error)
{
	_cleanup_container_ Container container = {};
	_cleanup_error_ Error *problem = NULL; /* error_wrap() has the number from it */
	int r = sandbox_begin_work(error);

	if (r == 0)
		r = desc_check_name(name, error);
	if (r < 0)
		return r;
	if (!registry_exists(name) && kept_exists(name))
		return kept_remove(name, error);
	r = registry_load(name, &container, &problem);
	if (registry_is_unreadable(r)) {
		r = repair_description(name, error);
		if (r < 0)
			return r;
	}
	return delete_one(name, true, error);
}
