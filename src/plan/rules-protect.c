/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What units keep their sockets from (IPAddressDeny= and its like): the systemd inside has no means to enforce it. It is enforced from outside, by one
 * filter for all of the container, which is right only where every unit that uses the network says the same; otherwise it is refused.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "host/unit-words.h"
#include "net/socket-rule.h"
#include "plan/rules.h"

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

	if (!rules_has_type(unit->name, "service"))
		return rules_has_type(unit->name, "socket") && listens_on_network(unit);
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		if (strcmp(d->key, "RestrictAddressFamilies") != 0)
			continue;
		if (d->value[0] == '~' || strstr(d->value, "INET") || strstr(d->value, "PACKET"))
			return true;
		restricted = true;
	}
	return !restricted && !unit_is_true(facts_unit_get(unit, "Service", "PrivateNetwork"));
}

/* What no cgroup could keep a unit from. */
static int check_rules(const FactUnit *unit, char *const *rules, Error **ret_error)
{
	if (!rules_has_type(unit->name, "service") && !rules_has_type(unit->name, "slice") &&
		!rules_has_type(unit->name, "socket"))
		return error_set(ret_error, EINVAL, "no filter enforces it for such a unit");
	if (strv_length(rules) > SOCKET_RULES_MAX)
		return error_set(ret_error, E2BIG, "a unit has no more than %u such rules",
			SOCKET_RULES_MAX);
	STRV_FOREACH (rule, rules) {
		SocketRule parsed;
		int r = socket_rule_parse(*rule, &parsed, ret_error);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Can the rules of the unit be the container's? *ret_other: who has others. */
static bool are_common(
	PlanBuild *build, const FactUnit *unit, char *const *rules, const char **ret_other)
{
	*ret_other = unit->name;
	if (rules_has_type(unit->name, "slice"))
		return false;
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *other = &build->facts->units[i];
		_cleanup_strv_ char **same = NULL;

		if (!uses_network(other))
			continue;
		rules_of(build, other, &same);
		*ret_other = other->name;
		if (!strv_equal(rules, same))
			return false;
	}
	return true;
}

/* "a-b.slice" is "/a.slice/a-b.slice". */
static void put_slice(Buf *path, const char *slice)
{
	for (const char *dash = slice; strcmp(slice, "-.slice") != 0 && dash;) {
		dash = strchr(dash == slice ? slice : dash + 1, '-');
		if (dash)
			buf_printf(path, "/%.*s.slice", (int)(dash - slice), slice);
		else
			buf_printf(path, "/%s", slice);
	}
}

/* Instances of a template have a slice together, in whose name a dash of theirs is no level. */
static void put_default_slice(Buf *path, const char *unit)
{
	const char *at = strchr(unit, '@');

	buf_puts(path, "/system.slice");
	if (!at)
		return;
	buf_puts(path, "/system-");
	for (const char *c = unit; c < at; c++)
		if (*c == '-')
			buf_puts(path, "\\x2d");
		else
			buf_append(path, c, 1);
	buf_puts(path, ".slice");
}

/* Each connection has an instance of its own then, whose name nobody knows before. */
static bool is_accepted(const PlanBuild *build, const FactUnit *unit)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *socket = &build->facts->units[i];
		size_t stem = strlen(socket->name) - strlen(".socket");

		if (rules_has_type(socket->name, "socket") &&
			unit_is_true(facts_unit_get(socket, "Socket", "Accept")) &&
			strncmp(unit->name, socket->name, stem) == 0 && unit->name[stem] == '@')
			return true;
	}
	return false;
}

/* Where the systemd inside puts the unit's processes, below the container's own cgroup; names that it would change for the kernel (cg_escape() of
 * systemd) are refused. */
static char *cgroup_of(PlanBuild *build, const FactUnit *unit)
{
	static const char *const escaped[] = { "_", ".", "bpf-", "blkio.", "cgroup.", "cpu.",
		"cpuacct.", "cpuset.", "devices.", "io.", "memory.", "pids." };
	const char *slice = facts_unit_get(unit, NULL, "Slice");
	_cleanup_buf_ Buf path = { 0 };
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(escaped); i++)
		if (strncmp(unit->name, escaped[i], strlen(escaped[i])) == 0)
			return NULL;
	/* systemd escapes the backslash of a template's name once more for its slice. */
	if (is_accepted(build, unit) || (strchr(unit->name, '@') && strchr(unit->name, '\\')))
		return NULL;
	if (rules_has_type(unit->name, "slice")) {
		put_slice(&path, unit->name);
	} else {
		if (slice)
			put_slice(&path, slice);
		else
			put_default_slice(&path, unit->name);
		buf_printf(&path, "/%s", unit->name);
	}
	if (buf_take(&path, &text, NULL) < 0)
		build->failed = true;
	return text;
}

static void keep_common(PlanBuild *build, char *const *rules)
{
	STRV_FOREACH (rule, rules)
		if (strv_append_unique(&build->plan->socket_rules, *rule) < 0)
			build->failed = true;
}

/* Sockets of a .socket unit are made by the systemd inside itself, which is in no cgroup of theirs. */
static bool keep_alone(PlanBuild *build, const FactUnit *unit, char *const *rules)
{
	_cleanup_free_ char *path =
		rules_has_type(unit->name, "socket") ? NULL : cgroup_of(build, unit);

	if (!path)
		return false;
	STRV_FOREACH (rule, rules) {
		_cleanup_free_ char *text = NULL;

		if (asprintf(&text, "%s %s", path, *rule) < 0) {
			text = NULL;
			build->failed = true;
		} else if (strv_append_unique(&build->plan->socket_rules, text) < 0) {
			build->failed = true;
		}
	}
	return true;
}

/* Kept from outside; otherwise the error says why not. */
static int keep(PlanBuild *build, const FactUnit *unit, const FactDirective *d, Error **ret_error)
{
	_cleanup_strv_ char **rules = NULL;
	const char *other, *how = NULL;

	rules_of(build, unit, &rules);
	if (check_rules(unit, rules, ret_error) < 0)
		return -EINVAL;
	if (are_common(build, unit, rules, &other)) {
		keep_common(build, rules);
		how = "kept from outside, for the whole container: also for what execute and connect start in it";
	} else if (keep_alone(build, unit, rules)) {
		how = "kept from outside, at the cgroup of this unit";
	} else {
		return error_set(ret_error, EINVAL,
			"%s has other rules, and the cgroup of these sockets is not known before they are opened",
			other);
	}
	rules_note(build, unit, d, how, NULL, false);
	return 0;
}

void rules_refuse_sockets(PlanBuild *build, const FactUnit *unit, const FactDirective *d)
{
	_cleanup_error_ Error *error = NULL;

	if (!rules_ignores(build, d->key)) {
		if (strstr(d->key, "Allow") || keep(build, unit, d, &error) == 0)
			return; /* what is allowed is nothing without what is denied */
		/* No network: nothing to keep it from but itself. */
		if (strncmp(d->key, "IPAddress", 9) == 0 && !desc_has_network(build->desc))
			return;
	}
	rules_refuse_protection(
		build, unit, d, error ? error_message(error) : "no filter enforces it");
}
