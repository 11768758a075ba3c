/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of user and group ids. A reservation is a symbolic link ids/NUMBER -> OWNER: symlink(2) is atomic and exclusive, so no
 * lock and no table is needed. OWNER is the container's name and, for a sandbox that lives only as long as a process, "run/PID" of that
 * process: such a reservation is free again when there is no process of that number. (A number that was given out again only keeps the
 * range reserved for longer.)
 *
 * The highest ranges are for sandboxes alone and are reserved below LAYOUT_RUN: what ends with its process need not survive a
 * restart, and a link in memory costs a tenth of one on disk. As each number has one place, that place decides alone.
 */
#include "sandbox/ids.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "engine/procstat.h"
#include "sandbox/registry.h"

#define IDS_RANGES ((IDS_LAST - IDS_FIRST + 1) / DESC_ID_COUNT)

#define IDS_LASTING (IDS_RANGES - IDS_SANDBOXES) /* ranges that outlive a process */

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

/* FNV-1a: spreads names over the ranges, so that the first try nearly always succeeds. */
static uint32_t name_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

void ids_owner_process(char ret[static IDS_OWNER_MAX])
{
	(void)snprintf(ret, IDS_OWNER_MAX, "run/%d", getpid()); /* at most 15 characters */
}

static bool owner_is_gone(const char *owner)
{
	int pid;

	return sscanf(owner, "run/%d", &pid) == 1 && pid > 0 && procstat_is_gone(pid);
}

/* 1 reserved, 0 taken by somebody else, negative errno. */
static int range_take(uint32_t number, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *path = range_path(number);
	char present[256];
	ssize_t n;

	if (!path)
		return error_oom(ret_error);
	for (int attempt = 0; attempt < 3; attempt++) {
		if (symlink(owner, path) == 0)
			return 1;
		if (errno == ENOENT && attempt == 0) {
			int r = make_place(number, ret_error);

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
		if (!owner_is_gone(present) || (unlink(path) < 0 && errno != ENOENT))
			return 0;
	}
	return 0;
}

/* The range that the description names. */
static int reserve_named(const Desc *desc, const char *owner, Error **ret_error)
{
	uint32_t number = (desc->id_base - IDS_FIRST) / DESC_ID_COUNT;
	int r;

	if (desc->id_base < IDS_FIRST || desc->id_base > IDS_LAST ||
		(desc->id_base - IDS_FIRST) % DESC_ID_COUNT != 0)
		return error_set(ret_error, EINVAL,
			"user ids from %u: must be %u plus a multiple of %u", desc->id_base,
			IDS_FIRST, DESC_ID_COUNT);
	if (number >= IDS_LASTING && !is_process(owner))
		return error_set(ret_error, EINVAL,
			"user ids from %u: those from %u on are for sandboxes of one command",
			desc->id_base, IDS_FIRST + IDS_LASTING * DESC_ID_COUNT);
	r = range_take(number, owner, ret_error);
	if (r == 0)
		return error_set(ret_error, EADDRINUSE,
			"user ids from %u are reserved for another container", desc->id_base);
	return r < 0 ? r : 0;
}

int ids_reserve(Desc *desc, const char *owner, Error **ret_error)
{
	const uint32_t lowest = is_process(owner) ? IDS_LASTING : 0;
	const uint32_t ranges = is_process(owner) ? IDS_SANDBOXES : IDS_LASTING;
	uint32_t first = name_hash(owner) % ranges;

	if (desc->id_base != 0)
		return reserve_named(desc, owner, ret_error);
	for (uint32_t i = 0; i < ranges; i++) {
		uint32_t number = lowest + (first + i) % ranges;
		int r = range_take(number, owner, ret_error);

		if (r < 0)
			return r;
		if (r > 0) {
			desc->id_base = IDS_FIRST + number * DESC_ID_COUNT;
			return 0;
		}
	}
	return error_set(ret_error, ENOSPC,
		"all %u ranges of user ids are reserved; delete containers that are not needed",
		ranges);
}

int ids_release(const Desc *desc, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *path = NULL;
	char present[256];
	ssize_t n;

	if (desc->id_base < IDS_FIRST)
		return 0;
	path = range_path((desc->id_base - IDS_FIRST) / DESC_ID_COUNT);
	if (!path)
		return error_oom(ret_error);
	n = readlink(path, present, sizeof(present));
	if (n != (ssize_t)strlen(owner) || strncmp(present, owner, (size_t)n) != 0)
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "give user ids back in %s", path);
	return 0;
}
