/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ids that two containers would share.
 */
#include "sandbox/domain-ids.h"

#include <string.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/strv.h"
#include "identity/ids.h"
#include "sandbox/registry.h"

static unsigned int line_of_idmap(const Domain *domain)
{
	for (size_t i = 0; i < domain->root->n_children; i++)
		if (strcmp(domain->root->children[i]->name, "idmap") == 0)
			return domain->root->children[i]->line;
	return 0;
}

static int refuse(
	const Domain *domain, const SpecIdRange *range, const char *holder, Error **ret_error)
{
	return error_set(ret_error, EADDRINUSE,
		"line %u: <idmap> gives it ids from %u on, which are those of %s; give it others",
		line_of_idmap(domain), range->outside, holder);
}

static bool overlap(const SpecIdRange *a, const SpecIdMap *map)
{
	for (size_t i = 0; i < map->n_ranges; i++)
		if (a->outside < (uint64_t)map->ranges[i].outside + map->ranges[i].count &&
			map->ranges[i].outside < (uint64_t)a->outside + a->count)
			return true;
	return false;
}

/* One that is just being started, or gone, has none. */
static Spec *read_live(const char *key)
{
	_cleanup_domain_places_ DomainPlaces places = { 0 };
	_cleanup_free_ char *text = NULL;
	Spec *spec = NULL;
	size_t size;

	if (domain_places_of_key(key, &places, NULL) < 0 ||
		file_read_optional(places.spec, &text, &size, NULL) <= 0 ||
		spec_parse(text, size, places.spec, &spec, NULL) < 0)
		return NULL;
	return spec;
}

static int check_against(const Domain *domain, const char *key, Error **ret_error)
{
	_cleanup_spec_ Spec *spec = read_live(key);

	for (size_t i = 0; spec && i < domain->users.n_ranges; i++)
		if (overlap(&domain->users.ranges[i], &spec->users))
			return refuse(domain, &domain->users.ranges[i], key, ret_error);
	for (size_t i = 0; spec && i < domain->groups.n_ranges; i++)
		if (overlap(&domain->groups.ranges[i], &spec->groups))
			return refuse(domain, &domain->groups.ranges[i], key, ret_error);
	return 0;
}

static int check_reserved(
	const char *key, const Domain *domain, const SpecIdMap *map, Error **ret_error)
{
	char holder[RESERVATION_OWNER_MAX];

	for (size_t i = 0; i < map->n_ranges; i++) {
		ids_holder(map->ranges[i].outside, map->ranges[i].count, key, holder);
		if (*holder)
			return refuse(domain, &map->ranges[i], holder, ret_error);
	}
	return 0;
}

int domain_ids_check(const char *key, const Domain *domain, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RUN, ".domains");
	_cleanup_strv_ char **keys = NULL;
	int r;

	if (domain->users.n_ranges == 0)
		return 0;
	r = check_reserved(key, domain, &domain->users, ret_error);
	if (r == 0)
		r = check_reserved(key, domain, &domain->groups, ret_error);
	if (r == 0)
		r = directory ? registry_names_in(directory, "", &keys, ret_error)
			      : error_oom(ret_error);
	STRV_FOREACH (other, keys)
		if (r == 0 && strcmp(*other, key) != 0)
			r = check_against(domain, *other, ret_error);
	return r;
}
