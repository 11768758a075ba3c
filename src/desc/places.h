/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Places: every path of the host that belongs to one container. They are computed once and handed down; nobody else joins a name to a directory.
 */
#pragma once

#include "desc/desc.h"

/* Below the tree of a full system: what it has changed, and what the kernel works in for that. */
#define SYSTEM_UPPER "upper"
#define SYSTEM_WORK "work"

/* Members that are not known are NULL. */
typedef struct Places {
	const char *tree; /* its content: a directory, or where its image is mounted */
	const char *image; /* NULL: the content is no image */
	const char *image_copy; /* while it grows: no container has a name that leads there */
	const char *base; /* the root of a full system below what it has changed; NULL: none */
	const char *keyfile; /* what makes it a container */
	const char *deleting; /* the keyfile's name while it is deleted */
	const char *pending; /* the keyfile of what is being made */
	const char *journal; /* what there is to undo of that */
	const char *lock; /* of a command that changes it */
	const char *manifest; /* what was written to its /etc */
	const char *scratch, *scratch_journal; /* upgrade's new /etc, and how to undo it */
	const char *notify; /* socket that hears READY=1 */
	const char *copies; /* of what the host has elsewhere, made at each start */
	const char *snapshots; /* directory of what it was, beside its content: one for each tag */
	const char *snapshotting; /* there: a command is at work on them */
	const char *direct; /* the program that is the first process of one unit */
	const char *init; /* the program that is the first process of a command */
} Places;

void places_done(Places *places);
#define _cleanup_places_ _cleanup_(places_done)

/* All of them. */
int places_of(const Desc *desc, Places *ret, Error **ret_error);
/* Those that need no description: without tree, image and image_copy. */
int places_of_name(const char *name, Places *ret, Error **ret_error);
