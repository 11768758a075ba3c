/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of user and group ids: reservations ids/NUMBER.
 *
 * The highest ranges are for sandboxes alone and are reserved below LAYOUT_RUN: what ends with its process need not survive a
 * restart, and a link in memory costs a tenth of one on disk. As each number has one place, that place decides alone.
 */
#include "identity/ids.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/reservation.h"

#define IDS_RANGES ((IDS_LAST - IDS_FIRST + 1) / DESC_ID_COUNT)

#define IDS_LASTING (IDS_RANGES - IDS_SANDBOXES) /* ranges that outlive a process */
#define DIRECTORY_REFUSALS_MAX                                                                     \
	16u /* ranges in which a directory service knows somebody, before giving up */

static char *range_path(uint32_t number)
{
	return number < IDS_LASTING ? layout_pathf(LAYOUT_RESERVATIONS, "ids/%u", number)
				    : layout_pathf(LAYOUT_RUN, ".ids/%u", number);
}

static bool is_process(const char *owner)
{
	return strncmp(owner, "run/", strlen("run/")) == 0;
}

void ids_owner_process(char ret[static IDS_OWNER_MAX])
{
	(void)snprintf(ret, IDS_OWNER_MAX, "run/%d", getpid()); /* at most 15 characters */
}

/* 1 reserved, 0 taken by holder, negative errno. */
static int range_take(uint32_t number, const char *owner,
	char ret_holder[static RESERVATION_OWNER_MAX], Error **ret_error)
{
	_cleanup_free_ char *path = range_path(number);

	return path ? reservation_take(path, owner, ret_holder, ret_error) : error_oom(ret_error);
}

static int range_release(uint32_t number, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *path = range_path(number);

	return path ? reservation_release(path, owner, ret_error) : error_oom(ret_error);
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
			       "user ids from %u: the host's directory service (%s) has ids in this range; give another with `id-base=`",
			       first, host->directory)
		     : r;
}

static int check_host(const HostIds *host, uint32_t number, Error **ret_error)
{
	uint32_t first = range_first(number);
	const HostIdRange *range = host_ids_find(host, first, first + (DESC_ID_COUNT - 1));

	if (range && !range->planned)
		return error_set(ret_error, EADDRINUSE,
			"user ids from %u: %s has ids in this range; remove `id-base=` to get another",
			first, range->whose);
	return ask_directory(host, number, ret_error);
}

/* The range that the description names. */
static int reserve_named(uint32_t base, const char *owner, const HostIds *host, Error **ret_error)
{
	uint32_t number = (base - IDS_FIRST) / DESC_ID_COUNT;
	char holder[RESERVATION_OWNER_MAX];
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
	r = range_take(number, owner, holder, ret_error);
	if (r == 0)
		return error_set(ret_error, EADDRINUSE,
			"user ids from %u belong to container %s; remove `id-base=` to get new ones",
			base, *holder ? holder : "that was just deleted");
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

/* Takes the first range that is free. planned: also such that the host means to give to its users. 1: found, 0: none. */
static int reserve_first(
	uint32_t *base, const char *owner, const HostIds *host, bool planned, Error **ret_error)
{
	const uint32_t lowest = is_process(owner) ? IDS_LASTING : 0;
	const uint32_t ranges = is_process(owner) ? IDS_SANDBOXES : IDS_LASTING;
	uint32_t start = hash_text(owner) % ranges;
	char holder[RESERVATION_OWNER_MAX];
	unsigned int refused = 0;

	for (uint32_t i = 0; i < ranges; i++) {
		uint32_t number = lowest + (start + i) % ranges;
		int r;

		if (!is_free_on_host(host, number, planned))
			continue;
		r = range_take(number, owner, holder, ret_error);
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
			"all %u ranges of user ids are reserved; delete containers that are not needed",
			is_process(owner) ? IDS_SANDBOXES : IDS_LASTING);
	if (r < 0)
		return r;
	log_step("reserve", "user ids from %u on for %s", *base, owner);
	return 0;
}

void ids_holder(uint32_t first, uint32_t count, const char *owner,
	char ret_holder[static RESERVATION_OWNER_MAX])
{
	uint64_t end = (uint64_t)first + count;

	*ret_holder = '\0';
	for (uint64_t id = first < IDS_FIRST ? IDS_FIRST : first; id < end && id <= IDS_LAST;
		id = range_first((uint32_t)((id - IDS_FIRST) / DESC_ID_COUNT) + 1)) {
		_cleanup_free_ char *path =
			range_path((uint32_t)((id - IDS_FIRST) / DESC_ID_COUNT));

		if (path)
			reservation_holder(path, ret_holder);
		if (*ret_holder && strcmp(ret_holder, owner) != 0 &&
			!reservation_owner_is_gone(ret_holder))
			return;
		*ret_holder = '\0';
	}
}

int ids_release(uint32_t base, const char *owner, Error **ret_error)
{
	_cleanup_free_ char *directory = NULL;

	if (base >= IDS_FIRST)
		return range_release((base - IDS_FIRST) / DESC_ID_COUNT, owner, ret_error);
	if (is_process(owner))
		return 0;
	/* A command that was killed between taking a range and noting it knows only its name. */
	directory = layout_pathf(LAYOUT_RESERVATIONS, "ids");
	return directory ? reservation_release_all(directory, owner, NULL, ret_error)
			 : error_oom(ret_error);
}
