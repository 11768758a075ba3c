/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what an administrator types to the name of a unit of this host.
 */
#pragma once

#include "host/unit-index.h"

#define SUGGESTION_DISTANCE                                                                        \
	3 /* edits between a name that does not exist and one that is suggested for it */

/* "web" -> "web.service", "foo@.service" -> "foo@CONTAINER.service". -EINVAL: no name of a unit. Looks at nothing. */
int unit_complete_name(const char *name, const char *container, char **ret, Error **ret_error);
/* Completes a name and follows aliases to the real unit. 0; or 1: it was found under the name
 * that the service has on this distribution, by [service] of rules.d (web.service -> webserver.service). -ENOENT with "did you mean". */
int unit_resolve(const UnitIndex *index, const char *name, const char *container, char **ret,
	Error **ret_error);
