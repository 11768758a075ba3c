/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The labels that containers have, on disk: running or stopped, one link for each (base/reservation.h). There is no daemon to remember them.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

typedef enum ReserveKind {
	RESERVE_MCS, /* text: a level that no other container's may overlap */
	RESERVE_STATIC, /* text: a level that the administrator gave as part of a static label; may be shared with others of the kind */
	RESERVE_SMACK, /* text: a Smack label */
	_RESERVE_KIND_MAX,
	_RESERVE_KIND_INVALID = -EINVAL,
} ReserveKind;

typedef struct LabelReservation {
	char *container;
	ReserveKind kind;
	char *text;
} LabelReservation;

typedef struct ReserveTable {
	LabelReservation *entries;
	size_t n;
	int lock_fd; /* levels overlap without being the same: who looks and then takes must be alone */
} ReserveTable;

void reserve_done(ReserveTable *table); /* and unlocks */
#define _cleanup_reserve_ _cleanup_(reserve_done)

/* Waits for the lock. */
int reserve_lock(ReserveTable *ret, Error **ret_error);
/* And reads all reservations but void ones. */
int reserve_load(ReserveTable *ret, Error **ret_error);
/* Is this the container's? Needs no lock: nobody else makes or takes away its own. */
bool reserve_has(const char *container, ReserveKind kind, const char *text);
/* Adds one, or replaces that of the same container. -EEXIST: another container has it, and is named. */
int reserve_add(const char *container, ReserveKind kind, const char *text, Error **ret_error);

/* Gives the reservation of a container back. Missing is success. */
int reserve_release(const char *container, Error **ret_error);

/* The table of earlier releases: lines "CONTAINER KIND TEXT [PID]", appended to the table. -EINVAL names file and line. */
int reserve_parse(const char *text, const char *file, ReserveTable *table, Error **ret_error);
