/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * delete --keep-days and undelete. A rename of the description is all that makes the difference, so whoever is interrupted has done it or has not.
 */
#include "sandbox/kept.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "desc/keyfile.h"
#include "engine/keep/event-log.h"
#include "engine/keep/state.h"
#include "host/host.h"
#include "sandbox/create.h"
#include "sandbox/handle.h"
#include "sandbox/kept-name.h"

#define DAY 86400
#define DAYS_MAX 3650

int kept_names(char ***ret, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);
	_cleanup_strv_ char **names = NULL;
	int r = directory ? registry_names_in(directory, KEPT_SUFFIX, &names, ret_error)
			  : error_oom(ret_error);

	if (r < 0)
		return r;
	strv_sort(names);
	*ret = TAKE_PTR(names);
	return 0;
}

static int write_until(const char *name, unsigned int days, Error **ret_error)
{
	_cleanup_free_ char *path = kept_until_path(name);
	char text[32];

	(void)snprintf(
		text, sizeof(text), "%" PRId64 "\n", (int64_t)time(NULL) + (int64_t)days * DAY);
	return !path ? error_oom(ret_error)
	       : file_mkdir_parent(path, ret_error) < 0
		       ? -EIO
		       : file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

static void forget_until(const char *name)
{
	_cleanup_free_ char *path = kept_until_path(name);

	if (path)
		(void)unlink(path); /* without its description it says nothing */
}

PUBLIC int vsb_delete_keep(const char *name, unsigned int days, vsb_error **error)
{
	_cleanup_free_ char *kept = kept_path(name);
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	int r;

	if (days == 0 || days > DAYS_MAX)
		return error_set(error, EINVAL,
			"cannot keep container %s for %u days: the most is %u, the least 1", name,
			days, DAYS_MAX);
	r = sandbox_begin_change(name, &lock, &c, error);
	if (r == 0)
		r = name_lock_hold_stopped(lock, error);
	if (r == 0)
		r = write_until(name, days, error);
	if (r == 0) /* a start makes them again where we die now */
		r = host_units_remove(c.desc, &c.places, error);
	if (r == 0)
		r = registry_rename(c.places.keyfile, kept, error);
	if (r == 0)
		event_log_reason(
			name, EVENT_DELETED, "kept for %u day%s", days, days == 1 ? "" : "s");
	return r < 0 ? error_wrap(error, "cannot delete container %s", name) : 0;
}

/* Its description, while nobody else works on it. */
static int load(const char *name, NameLock **ret_lock, Container *ret, Error **ret_error)
{
	_cleanup_free_ char *kept = kept_path(name);
	_cleanup_identity_ Identity *identity = NULL;
	_cleanup_desc_ Desc *desc = NULL;
	int r = name_lock_kept(name, ret_lock, ret_error);

	if (r == 0 && !kept)
		r = error_oom(ret_error);
	if (r == 0 && !file_exists(kept))
		r = error_set(ret_error, ENOENT,
			"no container %s was deleted and kept; `list --all` shows those that were",
			name);
	if (r == 0)
		r = keyfile_load(kept, &desc, &identity, ret_error);
	if (r == 0)
		r = desc_resolve(desc, ret_error);
	return r < 0 ? r : container_new(&desc, &identity, ret, ret_error);
}

PUBLIC int vsb_undelete(const char *name, vsb_error **error)
{
	_cleanup_free_ char *kept = kept_path(name);
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_container_ Container c = {};
	_cleanup_strv_ char **units = NULL;
	int r = sandbox_begin_work(error);

	if (r == 0)
		r = load(name, &lock, &c, error);
	if (r == 0)
		r = host_units_write(c.desc, &c.places, &units, error);
	if (r == 0)
		r = create_sync(&c.places, error);
	if (r == 0)
		r = registry_rename(kept, c.places.keyfile, error);
	if (r < 0)
		return error_wrap(error, "cannot undelete container %s", name);
	forget_until(name);
	event_log_reason(name, EVENT_CREATED, "undeleted");
	return 0;
}

int kept_remove(const char *name, Error **ret_error)
{
	_cleanup_free_ char *kept = kept_path(name);
	_cleanup_name_lock_ NameLock *lock = NULL;
	_cleanup_places_ Places places = {};
	int r = name_lock_kept(name, &lock, ret_error);

	if (r == 0)
		r = places_of_name(name, &places, ret_error);
	if (r == 0)
		r = name_lock_hold_stopped(lock, ret_error);
	if (r == 0)
		r = registry_rename(kept, places.deleting, ret_error);
	if (r < 0)
		return r;
	supervisor_forget(name);
	r = name_lock_undo(lock, ret_error);
	if (r < 0)
		return r;
	forget_until(name);
	event_log_reason(name, EVENT_DELETED, "it is no longer kept");
	return 0;
}

int kept_sweep(Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = kept_names(&names, ret_error);

	STRV_FOREACH (name, names) {
		int64_t until;

		if (kept_until(*name, &until) && until <= time(NULL))
			(void)kept_remove(
				*name, NULL); /* must not be in the way of others; prune says why */
	}
	return r;
}

PUBLIC int vsb_deleted(char ***ret, vsb_error **error)
{
	_cleanup_strv_ char **names = NULL, **rows = NULL;
	int r = sandbox_begin(error);

	if (r == 0)
		r = kept_names(&names, error);
	STRV_FOREACH (name, names) {
		int64_t until;

		if (r == 0 && kept_until(*name, &until) &&
			(strv_append(&rows, *name) < 0 ||
				strv_appendf(&rows, "%" PRId64, until == INT64_MAX ? 0 : until) <
					0))
			r = error_oom(error);
	}
	if (r == 0)
		*ret = TAKE_PTR(rows);
	return r;
}
