/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/directives.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "host/directive-rows.h" /* made of directives.table */

static int compare_keys(const void *a, const void *b)
{
	return strcmp(a, ((const Directive *)b)->key);
}

const Directive *directive_find(const char *key)
{
	return bsearch(key, directives, ARRAY_SIZE(directives), sizeof(*directives), compare_keys);
}

size_t directives_count(void)
{
	return ARRAY_SIZE(directives);
}

const Directive *directives_at(size_t index)
{
	return &directives[index];
}

const char *directive_place(const char *key, bool dynamic)
{
	static const struct {
		const char *key, *place, *dynamic;
	} places[] = {
		{ "StateDirectory", "/var/lib", "/var/lib/private" },
		{ "CacheDirectory", "/var/cache", "/var/cache/private" },
		{ "LogsDirectory", "/var/log", "/var/log/private" },
		{ "ConfigurationDirectory", "/etc", "/etc" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (strcmp(places[i].key, key) == 0)
			return dynamic ? places[i].dynamic : places[i].place;
	return NULL;
}
