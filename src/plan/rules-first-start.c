/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Databases that a service does not make itself: where a container begins with empty state (no -C), the program that the
 * package's installation script would have run makes them at the first start, inside.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "host/knowledge.h"
#include "plan/rules.h"

/* Does the stanza speak of this unit? Of its package up to a version: other distributions' units do it themselves. */
static bool fits(const Stanza *stanza, const FactUnit *unit)
{
	const char *name = stanza_get(stanza, "unit"), *package = stanza_get(stanza, "package");
	size_t n = strlen(name);
	bool instance = unit->name[n] == '@';

	return strncmp(unit->name, name, n) == 0 && (instance || unit->name[n] == '.') &&
	       unit->package && strncmp(unit->package, package, strlen(package)) == 0 &&
	       instance == (strchr(stanza_get(stanza, "command"), '%') != NULL);
}

static const Stanza *find(const Facts *facts, const FactUnit *unit)
{
	STANZA_FOREACH (stanza, facts->knowledge, STANZA_FIRST_START)
		if (strlen(stanza_get(stanza, "unit")) < strlen(unit->name) && fits(stanza, unit))
			return stanza;
	return NULL;
}

/* text with %1 and %2 replaced by the two halves of "15-main", newly allocated. NULL: the unit is no such instance, or no memory. */
static char *instantiate(const char *text, const char *unit)
{
	_cleanup_free_ char *version = NULL, *cluster = NULL;
	_cleanup_buf_ Buf done = {};
	char *result = NULL;

	if (strchr(text, '%') &&
		sscanf(unit, "%*[^@]@%m[0-9.]-%m[A-Za-z0-9_]", &version, &cluster) != 2)
		return NULL;
	for (const char *p = text; *p; p++)
		if (p[0] == '%' && (p[1] == '1' || p[1] == '2'))
			buf_puts(&done, *++p == '1' ? version : cluster);
		else
			buf_append(&done, p, 1);
	return buf_take(&done, &result, NULL) < 0 ? NULL : result;
}

static void first_start(PlanBuild *build, const FactUnit *unit, const Stanza *f)
{
	const char *made = stanza_get(f, "configuration");
	_cleanup_free_ char *command = instantiate(stanza_get(f, "command"), unit->name),
			    *data = instantiate(stanza_get(f, "data"), unit->name),
			    *config = made ? instantiate(made, unit->name) : NULL, *path = NULL,
			    *text = NULL;

	if (!command || !data)
		return; /* an instance that is not named VERSION-CLUSTER has no cluster to make */
	if (asprintf(&path, "/etc/systemd/system/%s.d/40-first-start.conf", unit->name) < 0 ||
		asprintf(&text, "%s[Service]\nExecStartPre=+/bin/sh -c 'test -e %s || exec %s'\n",
			config ? "[Unit]\nAssertPathExists=\n" : "", data, command) < 0) {
		build->failed = true;
		return;
	}
	if (config)
		build_exclude(build, config);
	build_file(build, path, 0644, text, "without -C %s begins without a database", unit->name);
	build_warn(build, "%s: the database is made at the first start of the container, by %s",
		unit->name, command);
}

void rule_first_start(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units && !build->desc->copy; i++) {
		const Stanza *f = find(build->facts, &build->facts->units[i]);

		if (f)
			first_start(build, &build->facts->units[i], f);
	}
}
