/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One container's compartment: a level that no other container, and nobody else on this host, can reach into. Chosen and reserved in one piece.
 */
#pragma once

#include "label/driver.h"
#include "label/level.h"

/* Draws a free pair from the range of who manages the container and reserves it. */
int compartment_draw(Label *label, const LevelRange *own, Level *ret, Error **ret_error);
/* Reserves a level that the administrator gave. Refused with the other's name when another container, or a process of somebody else, has a level
 * that overlaps with it. */
int compartment_take(Label *label, const Level *asked, Error **ret_error);
/* Notes the level of a static label so that nobody draws it. Containers with static labels may share one; a dynamic label's level is refused. */
int compartment_note(Label *label, const Level *asked, Error **ret_error);
/* The level of a label that was made before: reserved for the container, or now reserved. */
int compartment_confirm(Label *label, const Level *level, Error **ret_error);
