/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The types of the ports that the asked units bind, for a policy of the container's own.
 */
#include <string.h>

#include "base/strv.h"
#include "plan/rules.h"

#define ANY_PORT "port_type" /* the attribute of all: nothing says which */

/* The stanza of a service of which the unit has one of the names; NULL: it is unknown. */
static const Stanza *service_of(PlanBuild *build, const FactUnit *unit)
{
	STRV_FOREACH (name, unit->names) {
		_cleanup_free_ char *prefix = strndup(*name, strcspn(*name, "@."));
		const Stanza *service;

		if (!prefix) {
			build->failed = true;
			return NULL;
		}
		service = knowledge_find(build->facts->knowledge, STANZA_SERVICE, "name", prefix);
		if (service)
			return service;
	}
	return NULL;
}

static void add_port(PlanBuild *build, const char *type)
{
	if (strv_append_unique(&build->plan->ports, type) < 0)
		build->failed = true;
}

void rule_port(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units && build->desc->security.custom_type; i++) {
		const FactUnit *unit = &build->facts->units[i];
		const Stanza *service =
			rules_is_asked(build->facts, unit) ? service_of(build, unit) : NULL;

		for (size_t j = 0; service && j < service->n_values; j++)
			if (strcmp(service->values[j].key, "selinux-port") == 0)
				add_port(build, service->values[j].value);
		if (rules_is_asked(build->facts, unit) &&
			!(service && stanza_get(service, "selinux-port")))
			add_port(build, ANY_PORT);
	}
}
