/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The programs that a unit starts.
 */
#pragma once

#include "host/host-root.h"

/* A name without slash is looked for, first in the unit's ExecSearchPath= (unit may be NULL); newly allocated, the name itself if there is none. NULL without memory. */
char *unit_program_find(const HostRoot *root, const FactUnit *unit, const char *name);
/* Notes the program of a command if it needs more than /usr. */
int unit_program_read(const HostRoot *root, const FactUnit *unit, const char *key, const char *name,
	Facts *facts);
