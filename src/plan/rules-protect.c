/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What units keep their sockets from (IPAddressDeny= and its like): the systemd inside has no means to enforce it. It is enforced from outside, by one
 * filter for all of the container, which is right only where every unit that uses the network says the same; otherwise it is refused.
 */
#include <string.h>

#include "base/strv.h"
#include "host/unit-words.h"
#include "net/socket-rule.h"
#include "plan/rules.h"

static bool has_type(const FactUnit *unit, const char *type)
{
	const char *dot = strrchr(unit->name, '.');

	return dot && strcmp(dot, type) == 0;
}

/* All that the unit says, "KEY=WORD", sorted. */
static void rules_of(PlanBuild *build, const FactUnit *unit, char ***ret)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		bool inverted = d->value[0] == '~';
		_cleanup_strv_ char **words = NULL;

		if (!socket_rule_knows(d->key) || rules_ignores(build, d->key))
			continue;
		if (unit_directive_words(d->key, d->value + inverted, &words) == -ENOMEM)
			build->failed = true;
		STRV_FOREACH (word, words) {
			if (strv_appendf(ret, "%s=%s%s", d->key, inverted ? "~" : "", *word) < 0)
				build->failed = true;
		}
	}
	if (*ret)
		strv_sort(*ret);
}

static bool listens_on_network(const FactUnit *unit)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		if (strncmp(d->key, "Listen", 6) == 0 && !strchr("/@", d->value[0]))
			return true;
	}
	return false;
}

/* Would a filter change anything for the unit? */
static bool uses_network(const FactUnit *unit)
{
	bool restricted = false;

	if (!has_type(unit, ".service"))
		return has_type(unit, ".socket") && listens_on_network(unit);
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		if (strcmp(d->key, "RestrictAddressFamilies") != 0)
			continue;
		if (d->value[0] == '~' || strstr(d->value, "INET") || strstr(d->value, "PACKET"))
			return true;
		restricted = true;
	}
	return !restricted && !rules_is_true(facts_unit_get(unit, "Service", "PrivateNetwork"));
}

/* Can the rules of the unit be the container's? */
static int check(PlanBuild *build, const FactUnit *unit, char *const *rules, Error **ret_error)
{
	if (has_type(unit, ".slice"))
		return error_set(
			ret_error, EINVAL, "a container has one filter, and none for a slice");
	if (strv_length(rules) > SOCKET_RULES_MAX)
		return error_set(ret_error, E2BIG, "a container has no more than %u such rules",
			SOCKET_RULES_MAX);
	STRV_FOREACH (rule, rules) {
		SocketRule parsed;
		int r = socket_rule_parse(*rule, &parsed, ret_error);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *other = &build->facts->units[i];
		_cleanup_strv_ char **same = NULL;

		if (!uses_network(other))
			continue;
		rules_of(build, other, &same);
		if (!strv_equal(rules, same))
			return error_set(ret_error, EINVAL,
				"a container has one filter for all its units, and %s has other rules",
				other->name);
	}
	return 0;
}

void rules_refuse_sockets(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_strv_ char **rules = NULL;
	_cleanup_error_ Error *error = NULL;

	if (!rules_ignores(build, d->key)) {
		if (strstr(d->key, "Allow"))
			return; /* nothing without what denies */
		rules_of(build, unit, &rules);
		if (check(build, unit, rules, &error) == 0) {
			strv_free(build->plan->socket_rules);
			build->plan->socket_rules = TAKE_PTR(rules);
			rules_note(build, unit, d,
				"kept from outside, for the whole container: also for what execute and connect start in it",
				NULL, false);
			return;
		}
		/* No network: nothing to keep it from but itself. */
		if (strncmp(d->key, "IPAddress", 9) == 0 && !desc_has_network(build->desc))
			return;
	}
	rules_refuse_protection(
		build, unit, d, error ? error_message(error) : "no filter enforces it");
}
