/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what an administrator types to the name of a unit of this host; and when there is none, what was probably meant.
 */
#include "host/unit-resolve.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "host/host.h"
#include "host/knowledge.h"
#include "host/unit-load.h"
#include "host/unit-name.h"

static size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, at most UNIT_NAME_MAX characters of each. */
static size_t distance(const char *a, const char *b)
{
	size_t row[UNIT_NAME_MAX + 1], m = strlen(a), n = minimum(strlen(b), UNIT_NAME_MAX);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];

			row[j] = minimum(minimum(row[j] + 1, row[j - 1] + 1),
				diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

static bool exists(const UnitIndex *index, const char *name)
{
	_cleanup_unit_place_ UnitPlace place = { 0 };
	_cleanup_free_ char *script = NULL;

	return unit_index_find(index, name, &place) == 0 ||
	       unit_sysv_find(index->root, name, &script) == 0;
}

/* The unit of this host that is called name in other distributions; NULL if there is none. */
static char *find_synonym(const UnitIndex *index, const char *name)
{
	_cleanup_unit_name_ UnitName split = { 0 };
	const Stanza *service;

	if (unit_name_split(name, &split) < 0 || strcmp(split.type, "service") != 0)
		return NULL;
	service = knowledge_find(index->root->knowledge, STANZA_SERVICE, "name", split.prefix);
	for (size_t i = 0; service && i < service->n_values; i++) {
		_cleanup_free_ char *candidate = NULL;

		if (asprintf(&candidate, "%s.service", service->values[i].value) < 0) {
			candidate = NULL;
			return NULL;
		}
		if (strcmp(candidate, name) != 0 && exists(index, candidate))
			return TAKE_PTR(candidate);
	}
	return NULL;
}

/* The unit that declares the name as its alias but is not enabled, so that no link says so. */
static char *find_install_alias(const UnitIndex *index, const char *name)
{
	for (size_t i = 0; i < index->n_entries; i++) {
		const UnitEntry *entry = &index->entries[i];
		_cleanup_(fact_unit_done) FactUnit unit = { 0 };

		if (entry->link || !unit_name_has_type(entry->name, "service") ||
			strchr(entry->name, '@'))
			continue;
		if (unit_load(index, entry->name, &unit, NULL) == 0 &&
			strv_contains(unit.names, name))
			return TAKE_PTR(unit.name);
	}
	return NULL;
}

/* The name nearest to the one that was typed, borrowed from the index. */
static const char *find_nearest(const UnitIndex *index, const char *name)
{
	/* A third of a short name: "webdb" is not "man-db" mistyped. */
	size_t best = minimum(SUGGESTION_DISTANCE, (strcspn(name, "@.") + 1) / 3) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < index->n_entries; i++) {
		size_t d;

		if (!unit_name_is_valid(index->entries[i].name))
			continue;
		d = distance(name, index->entries[i].name);
		if (d < best) {
			best = d;
			nearest = index->entries[i].name;
		}
	}
	return nearest;
}

static int unknown(const UnitIndex *index, const char *name, Error **ret_error)
{
	const char *nearest = find_nearest(index, name);
	if (nearest)
		return error_set(ret_error, ENOENT,
			"unit %s does not exist on this host; did you mean %s?", name, nearest);
	return error_set(ret_error, ENOENT,
		"unit %s does not exist on this host; \"systemctl list-unit-files\" shows those that do, or install its package",
		name);
}

int unit_complete_name(const char *name, const char *container, char **ret, Error **ret_error)
{
	_cleanup_unit_name_ UnitName split = { 0 };
	_cleanup_free_ char *complete = NULL;

	if (unit_name_is_valid(name)) {
		complete = strdup(name);
	} else if (asprintf(&complete, "%s.service", name) < 0) {
		complete = NULL;
	}
	if (!complete)
		return error_oom(ret_error);
	if (unit_name_split(complete, &split) < 0)
		return error_set(
			ret_error, EINVAL, "\"%s\" is not the name of a systemd unit", name);
	if (split.instance && !*split.instance) {
		if (!container)
			return error_set(ret_error, EINVAL,
				"unit %s is a template; say which instance", complete);
		free(complete);
		complete = NULL;
		if (asprintf(&complete, "%s@%s.%s", split.prefix, container, split.type) < 0) {
			complete = NULL;
			return error_oom(ret_error);
		}
	}
	*ret = TAKE_PTR(complete);
	return 0;
}

int unit_resolve(const UnitIndex *index, const char *name, const char *container, char **ret,
	Error **ret_error)
{
	_cleanup_unit_place_ UnitPlace place = { 0 };
	_cleanup_free_ char *complete = NULL, *script = NULL, *real = NULL;
	const ManagedUnit *managed;
	bool elsewhere;
	int r = unit_complete_name(name, container, &complete, ret_error);

	if (r < 0)
		return r;
	r = unit_index_find(index, complete, &place);
	if (r == 0) {
		*ret = TAKE_PTR(place.name);
		return 0;
	}
	if (r == -ERFKILL)
		return error_set(ret_error, ERFKILL,
			"unit %s is masked on this host; run \"systemctl unmask %s\" first",
			complete, complete);
	if (r != -ENOENT)
		return error_errno(ret_error, -r, "cannot find unit %s", complete);
	if (unit_sysv_find(index->root, complete, &script) == 0) {
		*ret = TAKE_PTR(complete);
		return 0;
	}
	managed = unit_manager_find(index->manager, complete);
	real = managed ? strdup(managed->id) : find_install_alias(index, complete);
	elsewhere = !real;
	if (elsewhere)
		real = find_synonym(index, complete);
	if (!real)
		return unknown(index, complete, ret_error);
	*ret = TAKE_PTR(real);
	return elsewhere;
}
