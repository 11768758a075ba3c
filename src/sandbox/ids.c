/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of user and group ids. A reservation is a symbolic link ids/NUMBER -> OWNER: symlink(2) is atomic and exclusive, so no
 * lock and no table is needed. OWNER is the container's name and, for a sandbox that lives only as long as a process, "run/PID" of that
 * process. A reservation is void when its owner is gone, whatever killed it: there is no process of that number, or neither a
 * description, nor work in progress, nor a run directory of that name. (A number that was given out again only keeps the range reserved for longer.)
 *
 * The highest ranges are for sandboxes alone and are reserved below LAYOUT_RUN: what ends with its process need not survive a
 * restart, and a link in memory costs a tenth of one on disk. As each number has one place, that place decides alone.
 */
#include "sandbox/ids.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/layout.h"
#include "engine/procstat.h"
#include "sandbox/registry.h"

#define IDS_RANGES ((IDS_LAST - IDS_FIRST + 1) / DESC_ID_COUNT)

#define IDS_LASTING (IDS_RANGES - IDS_SANDBOXES) /* ranges that outlive a process */
#define DIRECTORY_REFUSALS_MAX                                                                     \
	16u /* ranges in which a directory service knows somebody, before giving up */

static char *range_path(uint32_t number)
{
	return number < IDS_LASTING ? layout_pathf(LAYOUT_RESERVATIONS, "ids/%u", number)
				    : layout_pathf(LAYOUT_RUN, ".ids/%u", number);
}

static int make_place(uint32_t number, Error **ret_error)
{
	_cleanup_free_ char *path = range_path(number);

	if (!path)
		return error_oom(ret_error);
	*strrchr(path, '/') = '\0';
	return file_mkdir_p(path, 0700, ret_error);
}

static bool is_process(const char *owner)
{
	return strncmp(owner, "run/", strlen("run/")) == 0;
}

void ids_owner_process(char ret[static IDS_OWNER_MAX])
{
	(void)snprintf(ret, IDS_OWNER_MAX, "run/%d", getpid()); /* at most 15 characters */
}

static bool container_is_gone(const char *name)
{
	_cleanup_free_ char *keyfile = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	_cleanup_free_ char *pending =
		layout_pathf(LAYOUT_RESERVATIONS, "pending/%s.sandbox", name);
	_cleanup_free_ char *run = layout_pathf(LAYOUT_RUN, "%s", name);

	return keyfile && pending && run && !file_exists(keyfile) && !file_exists(pending) &&
	       !file_exists(run);
}

static bool owner_is_gone(const char *owner)
{
	int pid;

	if (!is_process(owner))
		return container_is_gone(owner);
	return sscanf(owner, "run/%d", &pid) == 1 && pid > 0 && procstat_is_gone(pid);
}

/* Under a lock and after another look: of two who find a void reservation, the slower one must not remove what the faster one has made. */
static int remove_void(const char *path, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "ids.lock");
	_cleanup_fd_ int lock_fd = -EBADF;
	char present[256];
	ssize_t n;
	int r;

	if (!lock)
		return error_oom(ret_error);
	r = file_lock(lock, &lock_fd, ret_error);
	if (r < 0)
		return r;
	n = readlink(path, present, sizeof(present));
	if (n != (ssize_t)strlen(owner) || strncmp(present, owner, (size_t)n) != 0)
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "give user ids back in %s", path);
	return 0;
}

/* 1 reserved, 0 taken by somebody else, negative errno. */
static int range_take(uint32_t number, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *path = range_path(number);
	char present[256];
	ssize_t n;
	int r;

	if (!path)
		return error_oom(ret_error);
	for (int attempt = 0; attempt < 3; attempt++) {
		if (symlink(owner, path) == 0)
			return 1;
		if (errno == ENOENT && attempt == 0) {
			r = make_place(number, ret_error);
			if (r < 0)
				return r;
			continue;
		}
		if (errno != EEXIST)
			return error_errno(ret_error, errno, "reserve user ids in %s", path);
		n = readlink(path, present, sizeof(present) - 1);
		if (n < 0)
			continue; /* given back this moment */
		present[n] = '\0';
		if (strcmp(present, owner) == 0)
			return 1; /* ours already */
		if (!owner_is_gone(present))
			return 0;
		r = remove_void(path, present, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Who has a range, for a sentence; "another container" when it was given back this moment. */
static void range_owner(uint32_t number, char ret[static 256])
{
	_cleanup_free_ char *path = range_path(number);
	ssize_t n = path ? readlink(path, ret, 255) : -1;

	(void)snprintf(ret + (n > 0 ? n : 0), 256 - (size_t)(n > 0 ? n : 0), "%s",
		n > 0 ? "" : "another container");
}

static uint32_t range_first(uint32_t number)
{
	return IDS_FIRST + number * DESC_ID_COUNT;
}

/* Refuses a range in which a directory service knows somebody. */
static int ask_directory(const HostIds *host, uint32_t number, Error **ret_error)
{
	uint32_t first = range_first(number);
	int r = host_ids_ask_directory(host, first, first + (DESC_ID_COUNT - 1), ret_error);

	return r > 0 ? error_set(ret_error, EADDRINUSE,
			       "user ids from %u: the host's directory service (%s) has ids in "
			       "this range; give another with `id-base=`",
			       first, host->directory)
		     : r;
}

static int check_host(const HostIds *host, uint32_t number, Error **ret_error)
{
	uint32_t first = range_first(number);
	const HostIdRange *range = host_ids_find(host, first, first + (DESC_ID_COUNT - 1));

	if (range && !range->planned)
		return error_set(ret_error, EADDRINUSE,
			"user ids from %u: %s has ids in this range; remove `id-base=` to get "
			"another",
			first, range->whose);
	return ask_directory(host, number, ret_error);
}

/* The range that the description names. */
static int reserve_named(uint32_t base, const char *owner, const HostIds *host, Error **ret_error)
{
	uint32_t number = (base - IDS_FIRST) / DESC_ID_COUNT;
	char holder[256];
	int r;

	if (base < IDS_FIRST || base > IDS_LAST || (base - IDS_FIRST) % DESC_ID_COUNT != 0)
		return error_set(ret_error, EINVAL,
			"user ids from %u: must be %u plus a multiple of %u", base, IDS_FIRST,
			DESC_ID_COUNT);
	if (number >= IDS_LASTING && !is_process(owner))
		return error_set(ret_error, EINVAL,
			"user ids from %u: those from %u on are for sandboxes of one command", base,
			range_first(IDS_LASTING));
	if (host) {
		r = check_host(host, number, ret_error);
		if (r < 0)
			return r;
	}
	r = range_take(number, owner, ret_error);
	if (r == 0) {
		range_owner(number, holder);
		return error_set(ret_error, EADDRINUSE,
			"user ids from %u belong to container %s; remove `id-base=` to get new "
			"ones",
			base, holder);
	}
	return r < 0 ? r : 0;
}

/* Is the range one that nobody of the host has, or, with `planned`, is going to have? */
static bool is_free_on_host(const HostIds *host, uint32_t number, bool planned)
{
	uint32_t first = range_first(number);
	const HostIdRange *range =
		host ? host_ids_find(host, first, first + (DESC_ID_COUNT - 1)) : NULL;

	return !range || (planned && range->planned);
}

/* Gives one range back, if it is owner's. */
static int range_release(uint32_t number, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *path = range_path(number);
	char present[256];
	ssize_t n;

	if (!path)
		return error_oom(ret_error);
	n = readlink(path, present, sizeof(present));
	if (n != (ssize_t)strlen(owner) || strncmp(present, owner, (size_t)n) != 0)
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "give user ids back in %s", path);
	return 0;
}

/* Takes the first range that is free. planned: also such that the host means to give to its users. 1: found, 0: none. */
static int reserve_first(
	uint32_t *base, const char *owner, const HostIds *host, bool planned, Error **ret_error)
{
	const uint32_t lowest = is_process(owner) ? IDS_LASTING : 0;
	const uint32_t ranges = is_process(owner) ? IDS_SANDBOXES : IDS_LASTING;
	uint32_t start = hash_text(owner) % ranges;
	unsigned int refused = 0;

	for (uint32_t i = 0; i < ranges; i++) {
		uint32_t number = lowest + (start + i) % ranges;
		int r;

		if (!is_free_on_host(host, number, planned))
			continue;
		r = range_take(number, owner, ret_error);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = host ? ask_directory(host, number, ret_error) : 0;
		if (r == 0) {
			*base = range_first(number);
			return 1;
		}
		(void)range_release(number, owner, NULL); /* it is void without a container */
		if (r != -EADDRINUSE || ++refused == DIRECTORY_REFUSALS_MAX)
			return r;
		if (ret_error)
			*ret_error = error_free(*ret_error);
	}
	return 0;
}

int ids_reserve(uint32_t *base, const char *owner, const HostIds *host, Error **ret_error)
{
	int r;

	if (*base != 0)
		return reserve_named(*base, owner, host, ret_error);
	r = reserve_first(base, owner, host, false, ret_error);
	if (r == 0 && host)
		r = reserve_first(base, owner, host, true, ret_error);
	if (r == 0)
		return error_set(ret_error, ENOSPC,
			"all %u ranges of user ids are reserved; delete containers that are not "
			"needed",
			is_process(owner) ? IDS_SANDBOXES : IDS_LASTING);
	return r < 0 ? r : 0;
}

/* A command that was killed between taking a range and noting it knows only its name. */
static int release_all(const char *owner, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "ids");
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (!path)
		return error_oom(ret_error);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : error_errno(ret_error, errno, "list %s", path);
	while (r == 0 && (entry = readdir(dir))) {
		unsigned int number;

		if (sscanf(entry->d_name, "%u", &number) == 1 && number < IDS_LASTING)
			r = range_release(number, owner, ret_error);
	}
	(void)closedir(dir); /* read only */
	return r;
}

int ids_release(uint32_t base, const char *owner, Error **ret_error)
{
	if (base >= IDS_FIRST)
		return range_release((base - IDS_FIRST) / DESC_ID_COUNT, owner, ret_error);
	return is_process(owner) ? 0 : release_all(owner, ret_error);
}
