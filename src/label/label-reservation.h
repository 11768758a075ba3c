/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The labels that containers have, on disk: running or stopped, one line for each, under one lock. There is no daemon to remember them.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define RESERVE_MAX (1u << 20) /* entries of the table: more than there are pairs of categories */

typedef enum ReserveKind {
	RESERVE_MCS, /* text: a level that no other container's may overlap */
	RESERVE_STATIC, /* text: a level that the administrator gave as part of a static label; may be shared with others of the kind */
	RESERVE_SMACK, /* text: a Smack label */
	_RESERVE_KIND_MAX,
	_RESERVE_KIND_INVALID = -EINVAL,
} ReserveKind;

typedef struct Reservation {
	char *container;
	ReserveKind kind;
	char *text;
	pid_t pid; /* of who made it for one command: void when that is gone. 0: lasts until it is released */
} Reservation;

typedef struct ReserveTable {
	Reservation *entries;
	size_t n;
	int lock_fd;
} ReserveTable;

void reserve_done(ReserveTable *table); /* and unlocks */
#define _cleanup_reserve_ _cleanup_(reserve_done)

/* Reads the text of a table: lines "CONTAINER KIND TEXT [PID]", appended to the table. A last line without its newline is refused like any other that
 * is malformed: files are replaced whole, so nothing of ours leaves one. -EINVAL names file and line. */
int reserve_parse(const char *text, const char *file, ReserveTable *table, Error **ret_error);

/* Waits for the lock and reads all reservations. */
int reserve_load(ReserveTable *ret, Error **ret_error);
/* Is this the container's? */
bool reserve_has(
	const ReserveTable *table, const char *container, ReserveKind kind, const char *text);
/* Adds one, or replaces that of the same container, and is on disk when it returns. transient: gone with this process and with a reboot. */
int reserve_add(ReserveTable *table, const char *container, ReserveKind kind, const char *text,
	bool transient, Error **ret_error);

/* Gives the reservation of a container back. Missing is success. */
int reserve_release(const char *container, Error **ret_error);
