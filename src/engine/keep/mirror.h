/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A copy of a path of the host that is kept as that is: what has not changed is left alone, and a file in a directory is exchanged as a whole.
 */
#pragma once

#include "engine/spec/spec.h"
#include "label/label.h"

#define MIRROR_SIZE_MAX (16u * 1024 * 1024) /* bytes of all of a container: they are memory */
#define MIRROR_ENTRIES_MAX 4096u
#define MIRROR_DEPTH_MAX 16u /* directories in each other: links may lead in a circle */

typedef struct Mirror {
	const Spec *spec; /* for ids */
	const Label *label;
	char **names; /* what was looked up: a change of one of them may change the copy */
	char **directories; /* and those of which every entry counts */
	size_t size, entries; /* of all so far */
	bool changed; /* there was something to do */
	bool news; /* of content */
	char **servers; /* name servers that a resolver's copy lists */
} Mirror;

/* Brings the copy up to date. A single file is written over, since it may be mounted. What is no file and no directory, and links to nothing, are left out. */
int mirror_update(Mirror *mirror, const SpecCopy *copy, Error **ret_error);
void mirror_done(Mirror *mirror);
#define _cleanup_mirror_ _cleanup_(mirror_done)
