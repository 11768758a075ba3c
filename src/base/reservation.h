/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reservations of single things on disk: a symbolic link THING -> OWNER. symlink(2) is atomic and exclusive, so that taking needs no lock
 * and no table, and costs the same however many there are. OWNER is the name of a container, or "run/PID" of a process for what ends with it.
 * A reservation is void when its owner is gone, whatever killed it: there is no process of that number (one that was given out again only
 * delays this), or neither a description, nor work in progress, nor a delete that has begun or can be undone, nor a run directory of that name.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define RESERVATION_KINDS 5
/* What containers reserve: directories of LAYOUT_RESERVATIONS. */
extern const char *const reservation_kinds[RESERVATION_KINDS];

#define RESERVATION_OWNER_MAX 256 /* bytes with the final zero: no name is longer */

/* 1: it is owner's from now on. 2: it was already. 0: it is somebody else's, whose name is in ret_holder (empty when he gave it back just now). The directory is
 * made when it is missing. */
int reservation_take(const char *path, const char *owner,
	char ret_holder[static RESERVATION_OWNER_MAX], Error **ret_error);
/* Who has it, void or not; empty: nobody. */
void reservation_holder(const char *path, char ret[static RESERVATION_OWNER_MAX]);
/* Gives it back, if it is owner's. Nothing to do is success. */
int reservation_release(const char *path, const char *owner, Error **ret_error);
/* The same for all of owner's in a directory but these names; NULL: all. */
int reservation_release_all(
	const char *directory, const char *owner, char *const *but, Error **ret_error);

/* All of owner's in a directory become another's; those of a static label have the owner in their names, too. */
int reservation_rename_all(
	const char *directory, const char *owner, const char *other, Error **ret_error);

bool reservation_owner_is_gone(const char *owner);
