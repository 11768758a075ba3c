/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Databases that a service does not make itself: where a container begins with empty state (no -C), the program that the
 * package's installation script would have run makes them at the first start, inside.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "plan/rules.h"

typedef struct FirstStart {
	const char *unit; /* name before "." or "@" */
	const char *
		package; /* that the unit must come from, up to a version: other distributions' units do it themselves */
	const char *data; /* directory that is there when it has been done */
	const char *config; /* directory that it makes as well, and wants to make itself; or NULL */
	const char *command; /* %s: first, second part of the instance's name, cut at "-" */
} FirstStart;

static const FirstStart first_starts[] = {
	{ "mariadb", "mariadb-server", "/var/lib/mysql/mysql", NULL,
		"mariadb-install-db --user=mysql --skip-test-db --skip-name-resolve" },
	{ "mysql", "mysql-server", "/var/lib/mysql/mysql", NULL,
		"mysqld --initialize-insecure --user=mysql" },
	{ "postgresql", "postgresql-common", "/var/lib/postgresql/%s/%s/PG_VERSION",
		"/etc/postgresql/%s/%s", "pg_createcluster %s %s" },
};

static const FirstStart *find(const FactUnit *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(first_starts); i++) {
		const FirstStart *f = &first_starts[i];
		size_t n = strlen(f->unit);

		if (strncmp(unit->name, f->unit, n) == 0 &&
			(unit->name[n] == '.' || unit->name[n] == '@') && unit->package &&
			strncmp(unit->package, f->package, strlen(f->package)) == 0 &&
			(unit->name[n] == '@') == (strchr(f->command, '%') != NULL))
			return f;
	}
	return NULL;
}

/* text with "%s %s" or "%s/%s" replaced by the two halves of "15-main", newly allocated. */
static char *instantiate(const char *text, const char *unit)
{
	_cleanup_free_ char *version = NULL, *cluster = NULL;
	const char *first = strstr(text, "%s");
	char *done;

	if (!first)
		return strdup(text);
	if (sscanf(unit, "%*[^@]@%m[0-9.]-%m[A-Za-z0-9_]", &version, &cluster) != 2)
		return NULL;
	if (asprintf(&done, "%.*s%s%c%s%s", (int)(first - text), text, version, first[2], cluster,
		    first + strlen("%s/%s")) < 0)
		return NULL;
	return done;
}

static void first_start(PlanBuild *build, const FactUnit *unit, const FirstStart *f)
{
	_cleanup_free_ char *command = instantiate(f->command, unit->name),
			    *data = instantiate(f->data, unit->name),
			    *config = f->config ? instantiate(f->config, unit->name) : NULL,
			    *path = NULL, *text = NULL;

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
		const FirstStart *f = find(&build->facts->units[i]);

		if (f)
			first_start(build, &build->facts->units[i], f);
	}
}
