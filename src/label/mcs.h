/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Categories of containers: the drawing of a free pair, and what must not overlap. Pure but for the random numbers. The rules are sVirt's
 * (libvirt's security_selinux.c) with an end to the search.
 */
#pragma once

#include <stdbool.h>

#include "label/level.h"
#include "label/label-reservation.h"

#define MCS_POOL_MIN                                                                               \
	8 /* categories in the manager's own range below which libvirt refuses to draw */

/* Pairs that must not be drawn. 128 KiB: allocate it. */
typedef struct McsTaken McsTaken;

McsTaken *mcs_taken_new(void); /* NULL without memory */
McsTaken *mcs_taken_free(McsTaken *taken);
DEFINE_CLEANUP(McsTaken *, mcs_taken_free)
#define _cleanup_mcs_taken_ _cleanup_(mcs_taken_freep)

/* Every pair that has all categories of the level, or of which the level has both: one side could read the other's files. A level without
 * categories is no compartment and takes nothing. */
void mcs_take(McsTaken *taken, const Level *level);

/* The categories to draw from, by the range of who manages the container: those of its upper end; all of them when it has none. *ret also gets the
 * lower end's sensitivity. -ERANGE with libvirt's sentence when there are too few. */
int mcs_pool(const LevelRange *own, Level *ret, Error **ret_error);

/* Draws two distinct categories of the pool, uniformly among the pairs that are not taken. -ENOSPC when every pair is. */
int mcs_draw(const Level *pool, const McsTaken *taken, Level *ret, Error **ret_error);

/* Has one of the two all categories of the other, so that one container could reach the other's files? */
bool mcs_overlap(const Level *a, const Level *b);
