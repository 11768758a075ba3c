/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * systemd.unit(5): a stop goes on to what Requires=, Requisite=, BindsTo= or is PartOf= a unit; and what triggers a unit would start it again.
 */
#include "host/unit-stop.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/text.h"

static void stop_unit_done(StopUnit *unit)
{
	free(unit->name);
	free(unit->cgroup);
	strv_free(unit->listen);
	strv_free(unit->triggers);
	strv_free(unit->dependents);
}

void stop_units_done(StopUnits *units)
{
	for (size_t i = 0; i < units->n; i++)
		stop_unit_done(&units->units[i]);
	free(units->units);
	*units = (StopUnits){ 0 };
}

static int set_property(StopUnit *unit, const char *key, const char *value, bool *ret_missing)
{
	static const char *const active[] = { "active", "activating", "reloading" };
	static const char *const enabled[] = { "enabled", "generated" }; /* of /etc/init.d */
	static const char *const fixed[] = { "static", "indirect" };
	static const char *const dependents[] = { "RequiredBy", "RequisiteOf", "BoundBy",
		"ConsistsOf" };
	_cleanup_strv_ char **words = NULL;
	char ***list = NULL;

	if (strcmp(key, "Id") == 0)
		return (unit->name = strdup(value)) ? 0 : -ENOMEM;
	if (strcmp(key, "ControlGroup") == 0 && *value && !unit->cgroup)
		return (unit->cgroup = strdup(value)) ? 0 : -ENOMEM;
	if (strcmp(key, "Listen") == 0)
		return strv_append(&unit->listen, value);
	if (strcmp(key, "LoadState") == 0)
		*ret_missing = strcmp(value, "loaded") != 0 && strcmp(value, "masked") != 0;
	if (strcmp(key, "ActiveState") == 0)
		unit->active = text_is_one_of(value, active, ARRAY_SIZE(active));
	if (strcmp(key, "UnitFileState") == 0) {
		unit->enabled = text_is_one_of(value, enabled, ARRAY_SIZE(enabled));
		unit->fixed = text_is_one_of(value, fixed, ARRAY_SIZE(fixed));
	}
	if (strcmp(key, "TriggeredBy") == 0)
		list = &unit->triggers;
	else if (text_is_one_of(key, dependents, ARRAY_SIZE(dependents)))
		list = &unit->dependents;
	if (list && strv_split(&words, value, " ") < 0)
		return -ENOMEM;
	STRV_FOREACH (word, words)
		if (strv_append(list, *word) < 0)
			return -ENOMEM;
	return 0;
}

int stop_unit_parse(char *text, StopUnit *ret)
{
	StopUnit unit = { 0 };
	bool missing = false;
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&text, "\n"))) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		if (!(unit.name && strcmp(line, "Id") == 0))
			r = set_property(&unit, line, equals + 1, &missing);
	}
	if (r == 0 && !unit.name)
		r = -EBADMSG;
	if (r == 0 && missing)
		r = -ENOENT;
	if (r < 0)
		stop_unit_done(&unit);
	else
		*ret = unit;
	return r;
}

static int ask(const char *name, StopUnit *ret, Error **ret_error)
{
	static const char properties[] =
		"--property=Id,LoadState,ActiveState,UnitFileState,TriggeredBy,RequiredBy,RequisiteOf,BoundBy,ConsistsOf,ControlGroup,Listen";
	char *const argv[] = { (char *)"systemctl", (char *)"--no-pager", (char *)"show",
		(char *)properties, (char *)"--", (char *)name, NULL };
	_cleanup_free_ char *text = NULL;
	int r = spawn_run(argv, NULL, &text, NULL, ret_error);

	if (r < 0)
		return r;
	r = stop_unit_parse(text, ret);
	if (r == -ENOENT)
		return error_set(ret_error, ENOENT, "the host's systemd has no unit %s", name);
	return r < 0 ? error_errno(
			       ret_error, -r, "cannot parse the output of systemctl show %s", name)
		     : 0;
}

static bool is_known(const StopUnits *units, const char *name)
{
	for (size_t i = 0; i < units->n; i++)
		if (strcmp(units->units[i].name, name) == 0)
			return true;
	return false;
}

static int add(StopUnits *units, const char *name, bool dependent, Error **ret_error)
{
	StopUnit unit = { 0 };
	int r;

	if (is_known(units, name))
		return 0;
	if (units->n >= STOP_UNITS_MAX)
		return error_set(ret_error, E2BIG, "more than %d units depend on %s",
			STOP_UNITS_MAX, units->units[0].name);
	r = ask(name, &unit, ret_error);
	if (r < 0)
		return r;
	unit.dependent = dependent;
	if (is_known(units, unit.name)) { /* it was an alias */
		stop_unit_done(&unit);
		return 0;
	}
	if (array_room(&units->units, units->n, sizeof(*units->units)) < 0) {
		stop_unit_done(&unit);
		return error_oom(ret_error);
	}
	units->units[units->n++] = unit;
	return 0;
}

static int add_all(StopUnits *units, char *const *names, bool dependent, Error **ret_error)
{
	int r = 0;

	STRV_FOREACH (name, names)
		if (r == 0)
			r = add(units, *name, dependent, ret_error);
	return r;
}

int stop_units_ask(char *const *names, StopUnits *ret, Error **ret_error)
{
	_cleanup_stop_units_ StopUnits units = { 0 };
	int r = add_all(&units, names, false, ret_error);

	for (size_t i = 0; r == 0 && i < units.n;
		i++) { /* the array moves as it grows, not what its members point to */
		char **triggers = units.units[i].triggers, **dependents = units.units[i].dependents;

		r = add_all(&units, triggers, false, ret_error);
		if (r == 0)
			r = add_all(&units, dependents, true, ret_error);
	}
	if (r < 0)
		return r;
	*ret = units;
	units = (StopUnits){ 0 };
	return 0;
}
