/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The part of the host's programs that a container needs, for an image that runs without this host: all that its packages, and those that they depend on, own below
 * /usr and /opt, and what was generated in directories that are theirs alone.
 */
#pragma once

#include "host/facts.h"

typedef struct ProgramFiles {
	char *paths; /* below the root, one a line, directories before what is in them */
	char **hidden; /* left out: not everybody can read it, and neither could the container */
	size_t n_packages;
} ProgramFiles;

void program_files_done(ProgramFiles *files);
#define _cleanup_program_files_ _cleanup_(program_files_done)

/* Of this host. programs: further ones that are needed, by their paths; shared: directories of the host beside /usr. -ENOPKG. */
int program_files_read(const Facts *facts, char *const *programs, char *const *shared,
	ProgramFiles *ret, Error **ret_error);
