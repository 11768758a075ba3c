/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The units that an asked unit brings along: what it requires, what it wants and its packages have, its generated instances,
 * the sockets, timers and paths that start it. Order (After=) brings nothing.
 */
#include "host/unit-closure.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "base/array.h"
#include "host/unit-load.h"
#include "host/unit-name.h"
#include "host/unit-words.h"

static const char *const bus[] = { "dbus.service", "dbus.socket", "dbus-broker.service" };

static const char *const trigger_types[] = { "socket", "timer", "path" };

typedef struct Closure {
	const UnitIndex *units;
	const PackageIndex *packages;
	bool dbus;
	bool *set;
	Facts *facts;
	char **enabled; /* names of units that are linked into some .wants or .requires of the host */
} Closure;

/* May a unit of this name come along (asked ones always may)? */
static bool allows(const Closure *closure, const char *name)
{
	if (!unit_name_is_valid(name))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(bus); i++)
		if (strcmp(name, bus[i]) == 0)
			return closure->dbus;
	KNOWLEDGE_FOREACH (never, closure->facts->knowledge, STANZA_HOST_UNIT, "unit")
		if (fnmatch(never.value, name, 0) == 0)
			return false;
	return true;
}

/* An override of a whole unit in /etc belongs to the package of the unit that it overrides. */
static uint32_t owner_of(const PackageIndex *packages, const FactUnit *unit)
{
	static const char *const directories[] = { "/usr/lib/systemd/system",
		"/lib/systemd/system" };
	_cleanup_free_ char *template = unit_name_template(unit->name);
	const char *file = template ? template : unit->name;
	uint32_t owner = PACKAGE_NONE;

	if (unit->init_script)
		return package_index_owner(packages, unit->init_script);
	if (unit->path)
		owner = package_index_owner(packages, unit->path);
	for (size_t i = 0; owner == PACKAGE_NONE && i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = path_join(directories[i], file);

		if (path)
			owner = package_index_owner(packages, path);
	}
	return owner;
}

int unit_closure_add(const PackageIndex *packages, FactUnit *unit, Facts *facts, Error **ret_error)
{
	uint32_t owner = owner_of(packages, unit);

	if (facts->n_units >= UNITS_MAX)
		return error_set(
			ret_error, E2BIG, "more than %d units would be included", UNITS_MAX);
	if (owner != PACKAGE_NONE) {
		unit->package = strdup(packages->packages[owner].name);
		if (!unit->package)
			return error_oom(ret_error);
	}
	if (array_room(&facts->units, facts->n_units, sizeof(*facts->units)) < 0)
		return error_oom(ret_error);
	facts->units[facts->n_units++] = *unit;
	*unit = (FactUnit){ 0 };
	return 0;
}

typedef enum Bond {
	BOND_WANTED, /* comes along if its package does */
	BOND_REQUIRED, /* and brings its package along */
	BOND_STARTED, /* by an asked socket, timer or path, which is nothing without it: as good as asked for */
} Bond;

/* A unit that is missing or masked on the host, or cannot be read, is not there for the host's systemd either. */
static int pull(Closure *closure, const char *name, Bond bond, Error **ret_error)
{
	bool asked = bond == BOND_STARTED;
	_cleanup_(fact_unit_done) FactUnit unit = { 0 };
	_cleanup_error_ Error *error = NULL;
	uint32_t owner;
	int r;

	if (facts_has_unit(closure->facts, name) || (!asked && !allows(closure, name)))
		return 0;
	r = unit_load(closure->units, name, &unit, &error);
	if (r == -ENOMEM)
		return error_oom(ret_error);
	if (r < 0 || facts_has_unit(closure->facts, unit.name) ||
		(!asked && !allows(closure, unit.name)))
		return 0;
	owner = owner_of(closure->packages, &unit);
	if (owner != PACKAGE_NONE && !closure->set[owner]) {
		if (bond == BOND_WANTED)
			return 0;
		if (package_index_close(closure->packages, owner, closure->set) < 0)
			return error_oom(ret_error);
	}
	return unit_closure_add(closure->packages, &unit, closure->facts, ret_error);
}

static int pull_values(Closure *closure, const FactUnit *unit, const char *section, const char *key,
	Bond bond, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;

	if (unit_values(unit, section, key, &names) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (name, names) {
		int r = pull(closure, *name, bond, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A socket with Accept= starts an instance of a template for each connection; they are all like the first one. */
static char *first_instance(const char *socket)
{
	_cleanup_unit_name_ UnitName split = { 0 };
	char *name;

	if (unit_name_split(socket, &split) < 0)
		return NULL;
	return asprintf(&name, "%s@0.service", split.prefix) < 0 ? NULL : name;
}

/* The unit that a socket, timer or path unit starts, or NULL for other types. NULL without memory, too: then nothing is pulled. */
static char *triggered(const FactUnit *unit)
{
	const char *named;

	if (unit_name_has_type(unit->name, "socket")) {
		if (unit_is_true(facts_unit_get(unit, "Socket", "Accept")))
			return first_instance(unit->name);
		named = facts_unit_get(unit, "Socket", "Service");
	} else if (unit_name_has_type(unit->name, "timer")) {
		named = facts_unit_get(unit, "Timer", "Unit");
	} else if (unit_name_has_type(unit->name, "path")) {
		named = facts_unit_get(unit, "Path", "Unit");
	} else {
		return NULL;
	}
	return named ? strdup(named) : unit_name_change_type(unit->name, "service");
}

static bool is_trigger_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(trigger_types); i++)
		if (unit_name_has_type(name, trigger_types[i]))
			return true;
	return false;
}

static bool conflicts(const FactUnit *a, const FactUnit *b)
{
	_cleanup_strv_ char **names = NULL;

	if (unit_values(a, "Unit", "Conflicts", &names) < 0)
		return true;
	STRV_FOREACH (name, b->names)
		if (strv_contains(names, *name))
			return true;
	return false;
}

/* Sockets, timers and paths that are enabled on the host and start this unit, unless it and they exclude each other. */
static int pull_triggers(Closure *closure, const char *name, Error **ret_error)
{
	STRV_FOREACH (enabled, closure->enabled) {
		_cleanup_(fact_unit_done) FactUnit trigger = { 0 };
		_cleanup_free_ char *started = NULL;
		const FactUnit *unit = NULL;
		int r;

		if (!is_trigger_name(*enabled) || !allows(closure, *enabled) ||
			unit_load(closure->units, *enabled, &trigger, NULL) < 0)
			continue;
		started = triggered(&trigger);
		for (size_t i = 0; i < closure->facts->n_units; i++)
			if (strcmp(closure->facts->units[i].name, name) == 0)
				unit = &closure->facts->units[i];
		if (!started || !unit || !strv_contains(unit->names, started) ||
			conflicts(unit, &trigger) || conflicts(&trigger, unit))
			continue;
		r = pull(closure, *enabled, BOND_WANTED, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A slice of the administrator's has limits, and so may those above it: "a-b.slice" is in "a.slice". One without a file is made as it is named. */
static int pull_slice(Closure *closure, const char *name, Error **ret_error)
{
	static const char *const own[] = { "-.slice", "system.slice", "user.slice",
		"machine.slice" };
	_cleanup_free_ char *slice = strdup(name);
	int r = slice ? 0 : error_oom(ret_error);

	while (r == 0) {
		_cleanup_(fact_unit_done) FactUnit unit = { 0 };
		char *dash;

		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			if (strcmp(slice, own[i]) == 0)
				return 0;
		if (!facts_has_unit(closure->facts, slice) &&
			unit_load(closure->units, slice, &unit, NULL) == 0)
			r = unit_closure_add(closure->packages, &unit, closure->facts, ret_error);
		dash = strrchr(slice, '-');
		if (!dash || dash == slice || strlen(dash) < strlen(".slice"))
			return r;
		memcpy(dash, ".slice", sizeof(".slice"));
	}
	return r;
}

static int pull_slices(Closure *closure, size_t i, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = 0;

	if (unit_values(&closure->facts->units[i], NULL, "Slice", &names) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (name, names)
		if (r == 0 && unit_name_has_type(*name, "slice") && unit_name_is_valid(*name))
			r = pull_slice(closure, *name, ret_error);
	return r;
}

static int pull_from(Closure *closure, size_t i, Error **ret_error)
{
	static const struct {
		const char *section, *key;
		Bond bond;
	} keys[] = {
		{ "Unit", "Requires", BOND_REQUIRED },
		{ "Unit", "Requisite", BOND_REQUIRED },
		{ "Unit", "BindsTo", BOND_REQUIRED },
		{ "Service", "Sockets", BOND_REQUIRED },
		{ "Unit", "OnFailure", BOND_REQUIRED },
		{ "Unit", "OnSuccess", BOND_REQUIRED },
		{ "Unit", "Wants", BOND_WANTED },
		{ "Unit", "Upholds", BOND_WANTED },
		{ "Install", "Also", BOND_WANTED },
		{ "Install", "WantedBy", BOND_WANTED },
		{ "Install", "RequiredBy", BOND_WANTED },
	};
	bool asked = closure->facts->units[i].asked;
	_cleanup_free_ char *started = triggered(&closure->facts->units[i]),
			    *name = strdup(closure->facts->units[i].name);
	int r = 0;

	if (!name)
		return error_oom(ret_error);
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		/* Pulling moves the array: the unit is looked up for each key. */
		r = pull_values(closure, &closure->facts->units[i], keys[k].section, keys[k].key,
			keys[k].bond, ret_error);
		if (r < 0)
			return r;
	}
	r = pull_slices(closure, i, ret_error);
	if (r < 0)
		return r;
	if (started)
		r = pull(closure, started, asked ? BOND_STARTED : BOND_REQUIRED, ret_error);
	return r < 0 ? r : pull_triggers(closure, name, ret_error);
}

int unit_closure(const UnitIndex *units, const PackageIndex *packages, bool dbus, bool *set,
	Facts *facts, Error **ret_error)
{
	_cleanup_strv_ char **enabled = NULL;
	Closure closure = {
		.units = units, .packages = packages, .dbus = dbus, .set = set, .facts = facts
	};
	int r;

	if (unit_index_all_links(units, &enabled, &facts->vendor_wants) < 0)
		return error_oom(ret_error);
	closure.enabled = enabled;
	for (size_t i = 0; dbus && i < ARRAY_SIZE(bus); i++) {
		r = pull(&closure, bus[i], BOND_REQUIRED, ret_error);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < facts->n_units; i++) {
		r = pull_from(&closure, i, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}
