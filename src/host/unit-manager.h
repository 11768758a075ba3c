/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the running systemd says of units: which files it made them from, and by which names it knows them. The files themselves are
 * read by the same parser as on a host whose systemd does not run.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define MANAGED_UNITS_MAX 512

typedef struct ManagedUnit {
	char *id; /* after aliases */
	char *load_state; /* "loaded", "not-found", "masked", ... */
	char *fragment; /* NULL: none */
	char *source; /* what a generator made it from: "/etc/init.d/X"; NULL: none */
	char **names, **dropins;
	bool running; /* active, or about to be */
	bool stale; /* systemd has noticed that its files changed since it read them */
} ManagedUnit;

typedef struct UnitManager {
	ManagedUnit *units;
	size_t n;
} UnitManager;

/* Asks systemd, in one call, for units with these complete names. */
int unit_manager_ask(char *const *names, UnitManager *ret, Error **ret_error);
/* The output of "systemctl show", cut up in place. 0, -EBADMSG, -E2BIG, -ENOMEM. */
int unit_manager_parse(char *text, UnitManager *ret);
void unit_manager_done(UnitManager *manager);
#define _cleanup_unit_manager_ _cleanup_(unit_manager_done)

/* The answer for this name if systemd has loaded the unit from a file, else NULL. */
const ManagedUnit *unit_manager_find(const UnitManager *manager, const char *name);
