/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an upgrade replaced in a container's /etc, so that it can come back: the files themselves, by second names in a directory of the tree that no container
 * sees. Only names are made and moved, so that owners, modes, labels and content are what they were.
 */
#pragma once

#include "desc/places.h"

#define ETC_BEFORE_MAX 65536 /* files */

typedef struct EtcBefore {
	int tree_fd,
		place_fd; /* the tree, and the directory in it; -EBADF: nothing was put aside yet */
	char **replaced; /* by their number: paths below /etc */
	char **added;
	char *manifest; /* its text; NULL: there was none */
} EtcBefore;

#define ETC_BEFORE_NONE                                                                            \
	{                                                                                          \
		.tree_fd = -EBADF, .place_fd = -EBADF                                              \
	}

int etc_before_begin(const Places *places, EtcBefore *ret, Error **ret_error);
/* name in parent_fd, which is path below /etc, is about to be replaced, or added. 0 or a negative errno. */
int etc_before_keep(EtcBefore *before, int parent_fd, const char *name, const char *path);
/* Puts everything back. The container does not run. */
int etc_before_restore(EtcBefore *before, const Places *places, Error **ret_error);
/* Forgets it. */
void etc_before_done(EtcBefore *before);
#define _cleanup_etc_before_ _cleanup_(etc_before_done)
