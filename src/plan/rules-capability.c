/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The capability that not every container has: CAP_NET_ADMIN over its own network. What is made with
 * it (links, queues) is memory of the host's kernel that is charged to nobody, so a unit gets it
 * when its directives or its program show that it is needed, and create says so.
 */
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/rules.h"

#define NET_ADMIN "CAP_NET_ADMIN"
#define REASON "the container gets CAP_NET_ADMIN over its own network"

/* Lists that name what the unit has; those with "~" name what it has not. */
static const char *const keys[] = { "AmbientCapabilities", "CapabilityBoundingSet",
	"ConditionCapability", "AssertCapability" };

/* Paths of which one below /proc/sys/net says that the unit writes there. */
static const char *const path_keys[] = { "ReadWritePaths", "ConditionPathIsReadWrite",
	"AssertPathIsReadWrite" };

static bool names_net_admin(PlanBuild *build, const FactDirective *d)
{
	_cleanup_strv_ char **words = NULL;

	if (*d->value == '~' || *d->value == '!')
		return false;
	if (unit_directive_words(d->key, d->value, &words) == -ENOMEM)
		build->failed = true;
	STRV_FOREACH (word, words)
		if (strcasecmp(*word, NET_ADMIN) == 0)
			return true;
	return false;
}

static bool names_switch(PlanBuild *build, const FactDirective *d)
{
	_cleanup_strv_ char **words = NULL;

	if (unit_directive_words(d->key, d->value, &words) == -ENOMEM)
		build->failed = true;
	STRV_FOREACH (word, words)
		if (path_is_below(*word + strspn(*word, "-+"), "/proc/sys/net"))
			return true;
	return false;
}

static bool shows_need(PlanBuild *build, const FactDirective *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(d->key, keys[i]) == 0)
			return names_net_admin(build, d);
	for (size_t i = 0; i < ARRAY_SIZE(path_keys); i++)
		if (strcmp(d->key, path_keys[i]) == 0)
			return names_switch(build, d);
	return strncmp(d->key, "ExecStart", strlen("ExecStart")) == 0 &&
	       rules_program(build, STANZA_NETWORK_PROGRAM, d->value);
}

void rule_capability(PlanBuild *build)
{
	if (!desc_has_private_net(build->desc)) /* the host's network is the host's */
		return;
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		for (size_t j = 0; rules_is_asked(build->facts, unit) && j < unit->n_directives;
			j++)
			if (shows_need(build, &unit->directives[j])) {
				rules_note(build, unit, &unit->directives[j], REASON, NULL, false);
				if (strv_append_unique(&build->plan->capabilities, NET_ADMIN) < 0)
					build->failed = true;
				break; /* one reason is enough */
			}
	}
}
