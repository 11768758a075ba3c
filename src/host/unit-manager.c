/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the running systemd says of units, through systemctl(1): it speaks to systemd itself, so that no bus has to run.
 */
#include "host/unit-manager.h"

#include <stdlib.h>
#include <string.h>

#include "base/spawn.h"
#include "base/strv.h"
#include "base/array.h"

static void managed_done(ManagedUnit *unit)
{
	free(unit->id);
	free(unit->load_state);
	free(unit->fragment);
	free(unit->source);
	strv_free(unit->names);
	strv_free(unit->dropins);
}

void unit_manager_done(UnitManager *manager)
{
	for (size_t i = 0; i < manager->n; i++)
		managed_done(&manager->units[i]);
	free(manager->units);
	*manager = (UnitManager){ 0 };
}

static int set_text(char **field, const char *value)
{
	if (!*value) /* the property is unset */
		return 0;
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_list(char ***field, const char *value)
{
	*field = strv_free(*field);
	return strv_split(field, value, " ");
}

static int set_property(ManagedUnit *unit, const char *key, const char *value)
{
	if (strcmp(key, "Id") == 0)
		return set_text(&unit->id, value);
	if (strcmp(key, "LoadState") == 0)
		return set_text(&unit->load_state, value);
	if (strcmp(key, "FragmentPath") == 0)
		return set_text(&unit->fragment, value);
	if (strcmp(key, "SourcePath") == 0)
		return set_text(&unit->source, value);
	if (strcmp(key, "Names") == 0)
		return set_list(&unit->names, value);
	if (strcmp(key, "DropInPaths") == 0)
		return set_list(&unit->dropins, value);
	if (strcmp(key, "ActiveState") == 0)
		unit->running = strcmp(value, "active") == 0 || strcmp(value, "activating") == 0 ||
				strcmp(value, "reloading") == 0;
	if (strcmp(key, "NeedDaemonReload") == 0)
		unit->stale = strcmp(value, "yes") == 0;
	return 0;
}

/* An empty line begins the next unit. */
static int parse_line(UnitManager *manager, char *line, bool *open)
{
	char *equals = strchr(line, '=');

	if (!*line) {
		*open = false;
		return 0;
	}
	if (!equals)
		return -EBADMSG;
	if (!*open) {
		if (manager->n >= MANAGED_UNITS_MAX)
			return -E2BIG;
		if (array_room(&manager->units, manager->n, sizeof(*manager->units)) < 0)
			return -ENOMEM;
		manager->units[manager->n++] = (ManagedUnit){ 0 };
		*open = true;
	}
	*equals = '\0';
	return set_property(&manager->units[manager->n - 1], line, equals + 1);
}

int unit_manager_parse(char *text, UnitManager *ret)
{
	_cleanup_unit_manager_ UnitManager manager = { 0 };
	bool open = false;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		int r = parse_line(&manager, line, &open);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < manager.n; i++)
		if (!manager.units[i].id || !manager.units[i].load_state)
			return -EBADMSG;
	*ret = manager;
	manager = (UnitManager){ 0 };
	return 0;
}

int unit_manager_ask(char *const *names, UnitManager *ret, Error **ret_error)
{
	static const char properties[] =
		"--property=Id,Names,LoadState,FragmentPath,SourcePath,DropInPaths,NeedDaemonReload,ActiveState";
	static const char *const fixed[] = { "systemctl", "--no-pager", "show", properties, "--" };
	size_t n = strv_length(names);
	_cleanup_free_ char **argv = calloc(ARRAY_SIZE(fixed) + n + 1, sizeof(*argv));
	_cleanup_free_ char *text = NULL;
	int r;

	if (!argv)
		return error_oom(ret_error);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		argv[i] = (char *)fixed[i];
	for (size_t i = 0; i < n; i++)
		argv[ARRAY_SIZE(fixed) + i] = names[i];
	r = spawn_run(argv, NULL, &text, NULL, ret_error);
	if (r < 0)
		return r;
	r = unit_manager_parse(text, ret);
	return r < 0 ? error_errno(ret_error, -r, "cannot parse the output of systemctl show") : 0;
}

const ManagedUnit *unit_manager_find(const UnitManager *manager, const char *name)
{
	for (size_t i = 0; manager && i < manager->n; i++) {
		const ManagedUnit *unit = &manager->units[i];

		if (unit->fragment && strcmp(unit->load_state, "loaded") == 0 &&
			(strcmp(unit->id, name) == 0 || strv_contains(unit->names, name)))
			return unit;
	}
	return NULL;
}
