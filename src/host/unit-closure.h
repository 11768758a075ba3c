/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The units that an asked unit brings along, as far as they make sense in a container.
 */
#pragma once

#include "host/knowledge.h"
#include "host/package-index.h"
#include "host/unit-index.h"

#define UNITS_MAX 512 /* of one container */

/* Completes facts->units, whose entries so far are the asked ones with their packages. What is required comes along with its package and
 * that package's dependencies (marked in set, which has packages->n_packages entries); what is only wanted comes along if its
 * package is marked. dbus: the system bus was asked for. */
int unit_closure(const UnitIndex *units, const PackageIndex *packages, bool dbus, bool *set,
	Facts *facts, Error **ret_error);

/* Appends the unit to facts->units and gives it away. */
int unit_closure_add(const PackageIndex *packages, FactUnit *unit, Facts *facts, Error **ret_error);
