/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what an administrator types to the name of a unit of this host.
 */
#pragma once

#include "host/unit-index.h"

#define SUGGESTION_DISTANCE                                                                        \
	3 /* edits between a name that does not exist and one that is suggested for it */

/* As host_resolve_unit(). */
int unit_resolve(const UnitIndex *index, const char *name, const char *container, char **ret,
	Error **ret_error);
