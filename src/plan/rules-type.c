/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When does a service count as started? For Type=simple systemd says so before the program was even found, and what start answers
 * would depend on who is faster. Type=exec is the same, but for that: its job ends when the program runs, or fails.
 */
#include <stdio.h>
#include <string.h>

#include "plan/rules.h"

#define DROP_IN "/etc/systemd/system/%s.d/50-virt-sandbox-type.conf"

static const FactDirective *last(const FactUnit *unit, const char *key)
{
	const FactDirective *found = NULL;

	for (size_t i = 0; i < unit->n_directives; i++)
		if (strcmp(unit->directives[i].key, key) == 0 &&
			strcmp(unit->directives[i].section, "Service") == 0)
			found = &unit->directives[i];
	return found && *found->value ? found : NULL;
}

/* systemd.service(5): without Type= it is dbus where there is a BusName=, oneshot where there is no ExecStart=, else simple. */
static bool starts_unseen(const FactUnit *unit)
{
	const FactDirective *type = last(unit, "Type");

	if (!rules_has_type(unit->name, "service") || unit->init_script)
		return false;
	if (type)
		return strcmp(type->value, "simple") == 0 || strcmp(type->value, "idle") == 0;
	return last(unit, "ExecStart") && !last(unit, "BusName");
}

void rule_type(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];
		const FactDirective *type = last(unit, "Type"), simple = { (char *)"Service",
			(char *)"Type", (char *)"simple" };
		char path[512];

		if (!starts_unseen(unit) ||
			snprintf(path, sizeof(path), DROP_IN, unit->name) >= (int)sizeof(path))
			continue;
		rules_note(build, unit, type ? type : &simple,
			"start is to say whether the program could be executed", "Type=exec",
			false);
		build_file(build, path, 0644, "[Service]\nType=exec\n",
			"started is what was executed");
	}
}
