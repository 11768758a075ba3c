/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the directives of a unit name.
 */
#pragma once

#include "host/host-root.h"

/* names: sorted names of accounts. 0 or -ENOMEM. */
int config_unit_read_command(const HostRoot *root, char *const *words, char *const *names,
	Facts *facts); /* of a container without units */
int config_unit_read(const HostRoot *root, const FactUnit *unit, char *const *names, Facts *facts);
