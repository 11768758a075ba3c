/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One unit of the host as a fact.
 */
#include "host/unit-load.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/unit-name.h"
#include "host/unit-text.h"
#include "host/unit-words.h"

#define GENERATORS "/run/systemd/generator" /* beginning of the names of their directories */

int unit_values(const FactUnit *unit, const char *section, const char *key, char ***ret)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		_cleanup_strv_ char **values = NULL;

		if (strcmp(d->key, key) != 0 || (section && strcmp(d->section, section) != 0))
			continue;
		if (unit_directive_words(d->key, d->value, &values) == -ENOMEM)
			return -ENOMEM;
		STRV_FOREACH (value, values)
			if (strv_append_unique(ret, *value) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int load_file(const HostRoot *root, const char *path, FactUnit *unit, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = host_root_read(root, path, &text, &size, ret_error);

	if (r < 0)
		return r;
	r = unit_text_parse(unit, text, size);
	unit->read_file++;
	return r < 0 ? error_errno(ret_error, -r, "cannot read the unit file %s", path) : 0;
}

static int load_dropins(const UnitIndex *index, FactUnit *unit, Error **ret_error)
{
	_cleanup_strv_ char **paths = NULL;
	int r = unit_index_dropins(index, unit->names, &paths);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot find the drop-ins of %s", unit->name);
	STRV_FOREACH (path, paths) {
		_cleanup_free_ char *target = NULL;

		/* A link to /dev/null switches off a drop-in of the same name elsewhere. */
		if (host_root_readlink(index->root, *path, &target) == 0 &&
			strcmp(target, "/dev/null") == 0)
			continue;
		r = load_file(index->root, *path, unit, ret_error);
		if (r < 0)
			return r;
		if (strv_append(&unit->dropins, *path) < 0)
			return error_oom(ret_error);
	}
	return 0;
}

/* suffix: of the directory of links; NULL: a generator makes them inside, too. */
static int assign_all(FactUnit *unit, const char *key, const char *suffix, char *const *values)
{
	STRV_FOREACH (value, values) {
		_cleanup_strv_ char **present = NULL;

		if (unit_values(unit, "Unit", key, &present) < 0)
			return -ENOMEM;
		if (strv_contains(present, *value))
			continue;
		if (unit_text_assign(unit, "Unit", key, *value) < 0 ||
			(suffix && strv_appendf(&unit->links, "%s.%s/%s", unit->name, suffix,
					   *value) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* A template linked into foo@i.service.wants without instance stands for the same instance. */
static int complete_links(const FactUnit *unit, char **links)
{
	_cleanup_unit_name_ UnitName split = { 0 };

	if (unit_name_split(unit->name, &split) < 0 || !split.instance)
		return 0;
	for (char **link = links; link && *link; link++) {
		_cleanup_unit_name_ UnitName target = { 0 };
		char *complete;

		if (unit_name_split(*link, &target) < 0 || !target.instance || *target.instance)
			continue;
		complete = unit_name_instantiate(*link, split.instance);
		if (!complete)
			return -ENOMEM;
		free(*link);
		*link = complete;
	}
	return 0;
}

static int add_linked(const UnitIndex *index, FactUnit *unit, const char *suffix, const char *key)
{
	_cleanup_strv_ char **links = NULL;
	_cleanup_free_ char *template = unit_name_template(unit->name);

	STRV_FOREACH (name, unit->names)
		if (unit_index_links(index, *name, suffix, &links) < 0)
			return -ENOMEM;
	if (template && unit_index_links(index, template, suffix, &links) < 0)
		return -ENOMEM;
	if (complete_links(unit, links) < 0)
		return -ENOMEM;
	return assign_all(unit, key, suffix, links);
}

static int add_generated(const UnitIndex *index, FactUnit *unit)
{
	_cleanup_strv_ char **wants = NULL;

	if (unit_generator_wants(index->root, unit->name, &wants) < 0)
		return -ENOMEM;
	return assign_all(unit, "Wants", NULL, wants);
}

static int expand(FactUnit *unit)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		FactDirective *d = &unit->directives[i];
		const Directive *row = directive_find(d->key);
		char *expanded;

		expanded = unit_name_expand(
			unit->name, unit->path, d->value, row ? row->words : WORDS_ONE);
		if (!expanded)
			return -ENOMEM;
		free(d->value);
		d->value = expanded;
	}
	return 0;
}

/* [Install] Alias= counts as a name even while the unit is not enabled. */
static int add_install_aliases(FactUnit *unit)
{
	_cleanup_strv_ char **aliases = NULL;

	if (unit_values(unit, "Install", "Alias", &aliases) < 0)
		return -ENOMEM;
	STRV_FOREACH (alias, aliases)
		if (unit_name_is_valid(*alias) && strv_append_unique(&unit->names, *alias) < 0)
			return -ENOMEM;
	return 0;
}

static int find_error(const char *name, int errnum, Error **ret_error)
{
	switch (errnum) {
	case ENOENT:
		return error_set(ret_error, ENOENT, "unit %s does not exist on this host", name);
	case ERFKILL:
		return error_set(ret_error, ERFKILL,
			"unit %s is masked on this host; run \"systemctl unmask %s\" first", name,
			name);
	case ELOOP:
		return error_set(
			ret_error, ELOOP, "unit %s is an alias that leads back to itself", name);
	default:
		return error_errno(ret_error, errnum, "cannot find unit %s", name);
	}
}

char *unit_linked_file(const HostRoot *root, const char *path)
{
	_cleanup_free_ char *target = NULL, *file = NULL;

	if (host_root_readlink(root, path, &target) < 0)
		return host_root_canonical(root, path);
	file = path_of_link(path, target);
	return file ? host_root_canonical(root, file) : NULL;
}

/* Which file a unit is made of, and its name after aliases: as files say, because the container's systemd will read them; what only the
 * running systemd knows, as it says. What systemd made of an init script is found as that script. */
static int find_fragment(
	const UnitIndex *index, const char *name, UnitPlace *ret, char **ret_script)
{
	const ManagedUnit *managed;
	int r = unit_index_find(index, name, ret);

	if (r != -ENOENT || unit_sysv_find(index->root, name, ret_script) == 0)
		return r == -ENOENT ? 0 : r;
	managed = unit_manager_find(index->manager, name);
	if (!managed)
		return -ENOENT;
	ret->name = strdup(managed->id);
	if (managed->source && path_is_below(managed->source, "/etc/init.d"))
		*ret_script = strdup(managed->source);
	else
		ret->fragment = unit_linked_file(index->root, managed->fragment);
	return ret->name && (*ret_script || ret->fragment) ? 0 : -ENOMEM;
}

static int add_names(const UnitIndex *index, FactUnit *unit)
{
	const ManagedUnit *managed = unit_manager_find(index->manager, unit->name);

	if (strv_append(&unit->names, unit->name) < 0 ||
		unit_index_aliases(index, unit->name, &unit->names) < 0)
		return -ENOMEM;
	STRV_FOREACH (alias, managed ? managed->names : NULL)
		if (strv_append_unique(&unit->names, *alias) < 0)
			return -ENOMEM;
	return 0;
}

/* Fills name, path or init_script, names and the directives of the fragment. */
static int load_fragment(
	const UnitIndex *index, const char *name, FactUnit *unit, Error **ret_error)
{
	_cleanup_unit_place_ UnitPlace place = { 0 };
	int r = find_fragment(index, name, &place, &unit->init_script);

	if (r < 0)
		return find_error(name, -r, ret_error);
	unit->name = place.name ? TAKE_PTR(place.name) : strdup(name);
	if (!unit->name || add_names(index, unit) < 0)
		return error_oom(ret_error);
	unit->read_file = unit->init_script != NULL; /* the script is not read as a unit */
	if (unit->init_script)
		return unit_sysv_load(index->root, unit->init_script, unit, ret_error);
	r = load_file(index->root, place.fragment, unit, ret_error);
	/* The generator runs again inside. */
	if (r == 0 && strncmp(place.fragment, GENERATORS, strlen(GENERATORS)) != 0)
		unit->path = TAKE_PTR(place.fragment);
	return r;
}

int unit_load(const UnitIndex *index, const char *name, FactUnit *ret, Error **ret_error)
{
	_cleanup_(fact_unit_done) FactUnit unit = { 0 };
	int r = load_fragment(index, name, &unit, ret_error);

	if (r >= 0)
		r = load_dropins(index, &unit, ret_error);
	if (r < 0)
		return r;
	if (add_linked(index, &unit, "wants", "Wants") < 0 ||
		add_linked(index, &unit, "requires", "Requires") < 0 ||
		add_generated(index, &unit) < 0 || expand(&unit) < 0 ||
		add_install_aliases(&unit) < 0)
		return error_oom(ret_error);
	*ret = unit;
	unit = (FactUnit){ 0 };
	return 0;
}
