/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reservations as symbolic links.
 */
#include "base/reservation.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"

const char *const reservation_kinds[RESERVATION_KINDS] = { "uuids", "ids", "stations", "mcs",
	"static" };

#define ATTEMPTS 3 /* one fails without a directory, one against a void reservation */

static bool container_is_gone(const char *name)
{
	_cleanup_free_ char *keyfile = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	_cleanup_free_ char *pending =
		layout_pathf(LAYOUT_RESERVATIONS, "pending/%s.sandbox", name);
	_cleanup_free_ char *deleting = layout_pathf(LAYOUT_SERVICES, "%s.deleting", name);
	_cleanup_free_ char *kept = layout_pathf(LAYOUT_SERVICES, "%s.kept", name);
	_cleanup_free_ char *run = layout_pathf(LAYOUT_RUN, "%s", name);

	return keyfile && pending && deleting && kept && run && !file_exists(keyfile) &&
	       !file_exists(pending) && !file_exists(deleting) && !file_exists(kept) &&
	       !file_exists(run);
}

bool reservation_owner_is_gone(const char *owner)
{
	int pid;

	if (strncmp(owner, "run/", strlen("run/")) != 0)
		return container_is_gone(owner);
	return sscanf(owner, "run/%d", &pid) == 1 && pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

void reservation_holder(const char *path, char ret[static RESERVATION_OWNER_MAX])
{
	ssize_t n = readlink(path, ret, RESERVATION_OWNER_MAX - 1);

	ret[n > 0 ? n : 0] = '\0';
}

int reservation_release(const char *path, const char *owner, Error **ret_error)
{
	char present[RESERVATION_OWNER_MAX];

	reservation_holder(path, present);
	if (strcmp(present, owner) != 0)
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot release the reservation %s", path);
	return 0;
}

/* Under a lock: of two who find a void reservation, the slower one must not remove what the faster one has made, so each looks again. */
static int remove_void(const char *path, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "reservations.lock");
	_cleanup_fd_ int lock_fd = -EBADF;
	int r;

	if (!lock)
		return error_oom(ret_error);
	r = file_lock(lock, &lock_fd, ret_error);
	return r < 0 ? r : reservation_release(path, owner, ret_error);
}

int reservation_take(const char *path, const char *owner,
	char ret_holder[static RESERVATION_OWNER_MAX], Error **ret_error)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int r;

		if (symlink(owner, path) == 0)
			return 1;
		if (errno == ENOENT && attempt == 0) {
			r = file_mkdir_parent(path, ret_error);
			if (r < 0)
				return r;
			continue;
		}
		if (errno != EEXIST)
			return error_errno(ret_error, errno, "cannot reserve %s", path);
		reservation_holder(path, ret_holder);
		if (strcmp(ret_holder, owner) == 0)
			return 2;
		if (!*ret_holder)
			continue; /* given back this moment */
		if (!reservation_owner_is_gone(ret_holder))
			return 0;
		r = remove_void(path, ret_holder, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int reservation_release_all(
	const char *directory, const char *owner, char *const *but, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = file_list(directory, "", &names, ret_error);

	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = path_join(directory, *name);

		if (r == 0 && !strv_contains(but, *name))
			r = path ? reservation_release(path, owner, ret_error)
				 : error_oom(ret_error);
	}
	return r;
}

/* Exchanged at once: at no moment is it nobody's. */
static int rename_one(const char *directory, const char *name, const char *owner, const char *other,
	Error **ret_error)
{
	const char *at = strrchr(name, '@');
	bool named = at && strcmp(at + 1, owner) == 0;
	_cleanup_free_ char *path = path_join(directory, name), *made = NULL, *target = NULL;
	char present[RESERVATION_OWNER_MAX];

	if (asprintf(&made, "%s/.%s.%d", directory, name, (int)getpid()) < 0)
		made = NULL;
	if (asprintf(&target, "%s/%.*s%s", directory,
		    named ? (int)(at + 1 - name) : (int)strlen(name), name, named ? other : "") < 0)
		target = NULL;
	if (!path || !made || !target)
		return error_oom(ret_error);
	reservation_holder(path, present);
	if (strcmp(present, owner) != 0)
		return 0;
	if (symlink(other, made) < 0 || rename(made, target) < 0) {
		int r = error_errno(
			ret_error, errno, "cannot give the reservation %s to %s", path, other);

		(void)unlink(made);
		return r;
	}
	return named && unlink(path) < 0 ? error_errno(ret_error, errno, "cannot remove %s", path)
					 : 0;
}

int reservation_rename_all(
	const char *directory, const char *owner, const char *other, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = file_list(directory, "", &names, ret_error);

	STRV_FOREACH (name, names)
		if (r == 0 && **name != '.')
			r = rename_one(directory, *name, owner, other, ret_error);
	return r;
}
