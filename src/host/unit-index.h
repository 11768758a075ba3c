/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which unit files this host has, and where: the unit directories of systemd read once into memory (systemd.unit(5), "Unit
 * File Load Path"). What generators made is there only while systemd runs, and counts only then: it is made again inside the container.
 */
#pragma once

#include "host/host-root.h"
#include "host/unit-manager.h"

#define UNIT_ALIAS_MAX 16 /* links followed from one name to the unit */
#define UNIT_DROPINS_MAX 512 /* of one unit */

typedef struct UnitEntry {
	char *name;
	const char *directory; /* of unit_directories */
	size_t priority; /* position there: lower wins */
	char *link; /* target, of a symbolic link */
	char *unit; /* of the link that counts: name of the unit that it leads to; NULL if to none */
} UnitEntry;

typedef struct UnitIndex {
	const HostRoot *root;
	const UnitManager *manager; /* what the running systemd said of asked units, or NULL */
	UnitEntry *entries; /* sorted by name, then priority */
	size_t n_entries;
} UnitIndex;

typedef struct UnitPlace {
	char *name; /* after aliases: "data.service" for "db.service" */
	char *fragment; /* path of its file */
} UnitPlace;

/* running: systemd runs on this host, and its generators have run. */
int unit_index_load(const HostRoot *root, bool running, UnitIndex *ret, Error **ret_error);
void unit_index_done(UnitIndex *index);
#define _cleanup_unit_index_ _cleanup_(unit_index_done)

/* Follows aliases and templates. 0, -ENOENT, -ERFKILL: masked, -ELOOP, -ENOMEM. */
int unit_index_find(const UnitIndex *index, const char *name, UnitPlace *ret);
void unit_place_done(UnitPlace *place);
#define _cleanup_unit_place_ _cleanup_(unit_place_done)

/* Names that are links to the unit. */
int unit_index_aliases(const UnitIndex *index, const char *name, char ***names);
/* Paths of the drop-in files of a unit with these names, in the order in which they apply. */
int unit_index_dropins(const UnitIndex *index, char *const *names, char ***ret);
/* Names linked in NAME.wants (or .requires, ...), appended to *ret. */
int unit_index_links(const UnitIndex *index, const char *name, const char *suffix, char ***ret);
/* Names of all units that .wants and .requires directories link; and the links of those below /usr, as "sysinit.target.wants/systemd-udevd.service". */
int unit_index_all_links(const UnitIndex *index, char ***ret_names, char ***ret_vendor);
