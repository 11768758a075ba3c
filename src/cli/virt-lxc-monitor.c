/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domain Monitoring: list, dominfo, domstate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/virt-lxc.h"

/* -- list -- */

typedef struct Row {
	char *id, *name, *uuid, *state, *title, *persistent, *autostart;
} Row;

static void row_done(Row *row)
{
	vsb_free(row->id);
	vsb_free(row->name);
	vsb_free(row->uuid);
	vsb_free(row->state);
	vsb_free(row->title);
	vsb_free(row->persistent);
	vsb_free(row->autostart);
}
#define _cleanup_row_ _cleanup_(row_done)

/* False: it ended, or was undefined, while we look. */
static bool read_row(const VirtArgs *args, const vsb_domain *domain, Row *ret)
{
	const struct {
		const char *key;
		char **to;
	} facts[] = {
		{ "id", &ret->id }, { "name", &ret->name }, { "uuid", &ret->uuid },
		{ "state", &ret->state }, { "persistent", &ret->persistent },
		{ "autostart", &ret->autostart },
		{ "title", &ret->title }, /* the one that is in the document */
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]) - !virt_has(args, "title"); i++)
		if (vsb_domain_get(domain, facts[i].key, facts[i].to, NULL) < 0)
			return false;
	return ret->name && ret->uuid && ret->state && ret->persistent && ret->autostart;
}

/* Of options that exclude each other in what they let through: none given lets all through. */
typedef struct Choice {
	const char *option;
	bool fits;
} Choice;

static bool chosen(const VirtArgs *args, const Choice *choices, size_t n)
{
	bool asked = false;

	for (size_t i = 0; i < n; i++) {
		if (!virt_has(args, choices[i].option))
			continue;
		asked = true;
		if (choices[i].fits)
			return true;
	}
	return !asked;
}

static bool is_shown(const VirtArgs *args, const Row *row)
{
	bool running = strcmp(row->state, "running") == 0,
	     paused = strcmp(row->state, "paused") == 0, off = strcmp(row->state, "shut off") == 0,
	     kept = strcmp(row->persistent, "yes") == 0,
	     automatic = strcmp(row->autostart, "yes") == 0;
	const Choice states[] = { { "state-running", running }, { "state-paused", paused },
		{ "state-shutoff", off }, { "state-other", !running && !paused && !off } };
	const Choice keeping[] = { { "persistent", kept }, { "transient", !kept } };
	const Choice starting[] = { { "autostart", automatic }, { "no-autostart", !automatic } };
	/* None has any. */
	const Choice saved[] = { { "with-managed-save", false }, { "without-managed-save", true } };
	const Choice snapshots[] = { { "with-snapshot", false }, { "without-snapshot", true } };
	const Choice points[] = { { "with-checkpoint", false }, { "without-checkpoint", true } };

	if (!virt_has(args, "all") &&
		(virt_has(args, "inactive") || virt_has(args, "state-shutoff") ? row->id != NULL
									       : row->id == NULL))
		return false;
	return chosen(args, states, 4) && chosen(args, keeping, 2) && chosen(args, starting, 2) &&
	       chosen(args, saved, 2) && chosen(args, snapshots, 2) && chosen(args, points, 2) &&
	       (!virt_has(args, "id") || row->id);
}

static void say_row(const VirtArgs *args, const Row *row, VirtTable *table)
{
	const char *const cells[] = { row->id, row->name, row->state,
		row->title ? row->title : "" };
	const char *const words[] = { virt_has(args, "uuid") ? row->uuid : NULL,
		virt_has(args, "id") ? row->id : NULL, virt_has(args, "name") ? row->name : NULL };
	bool any = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!words[i])
			continue;
		virt_say("%s%s", any ? " " : "", words[i]);
		any = true;
	}
	if (any)
		virt_say("\n");
	else
		virt_table_add(table, cells);
}

static bool run_list(VirtShell *shell, const VirtArgs *args)
{
	static const char *const titles[] = { "Id", "Name", "State", "Title" };
	bool lines = virt_has(args, "uuid") || virt_has(args, "name") || virt_has(args, "id");
	_cleanup_error_ vsb_error *error = NULL;
	vsb_domain **domains = NULL;
	VirtTable table = { 0 };
	size_t count = 0;

	if (!virt_exclude(args, "table", "name") || !virt_exclude(args, "table", "uuid") ||
		!virt_exclude(args, "table", "id"))
		return false;
	if (vsb_domain_list(&domains, &count, &error) < 0)
		return virt_failed(error, "Failed to list domains");
	if (!lines)
		virt_table_begin(&table, virt_has(args, "title") ? 4 : 3, titles);
	for (size_t i = 0; i < count; i++) {
		_cleanup_row_ Row row = { 0 };

		if (read_row(args, domains[i], &row) && is_shown(args, &row))
			say_row(args, &row, &table);
	}
	vsb_domains_free(domains, count);
	return lines || virt_table_end(&table, shell);
}

/* -- About one -- */

static bool run_domstate(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *state = domain ? virt_get(domain, "state") : NULL,
			    *reason = state ? virt_get(domain, "reason") : NULL;

	(void)shell;
	if (!reason)
		return false;
	if (virt_has(args, "reason"))
		virt_say("%s (%s)\n", state, reason);
	else
		virt_say("%s\n", state);
	return true;
}

/* "yes" and "no" as another pair of words. */
static const char *switch_of(const char *value)
{
	return strcmp(value, "yes") == 0 ? "enable" : "disable";
}

static void say_security(const vsb_domain *domain)
{
	_cleanup_text_ char *model = virt_get(domain, "security-model"),
			    *label = virt_get(domain, "security-label");

	if (!model || !*model)
		return;
	virt_say("%-15s %s\n%-15s 0\n", "Security model:", model, "Security DOI:");
	if (label && *label)
		virt_say("%-15s %s (enforcing)\n", "Security label:", label);
}

static void say_times(const vsb_domain *domain)
{
	_cleanup_text_ char *nanoseconds = virt_get(domain, "cpu-time");

	if (nanoseconds && strcmp(nanoseconds, "0") != 0)
		virt_say("%-15s %.1fs\n", "CPU time:", strtod(nanoseconds, NULL) / 1e9);
}

static bool say_fact(const vsb_domain *domain, const char *title, const char *key, const char *unit)
{
	_cleanup_text_ char *value = virt_get(domain, key);

	if (value)
		virt_say("%-15s %s%s\n", title, *value ? value : "-", unit);
	return value != NULL;
}

static bool run_dominfo(VirtShell *shell, const VirtArgs *args)
{
	_cleanup_domain_ vsb_domain *domain = virt_domain(args);
	_cleanup_text_ char *automatic = domain ? virt_get(domain, "autostart") : NULL;

	(void)shell;
	if (!automatic || !say_fact(domain, "Id:", "id", "") ||
		!say_fact(domain, "Name:", "name", "") || !say_fact(domain, "UUID:", "uuid", "") ||
		!say_fact(domain, "OS Type:", "os-type", "") ||
		!say_fact(domain, "State:", "state", "") ||
		!say_fact(domain, "CPU(s):", "cpus", ""))
		return false;
	say_times(domain);
	(void)say_fact(domain, "Max memory:", "max-memory", " KiB");
	(void)say_fact(domain, "Used memory:", "memory", " KiB");
	(void)say_fact(domain, "Persistent:", "persistent", "");
	virt_say("%-15s %s\n%-15s no\n", "Autostart:", switch_of(automatic), "Managed save:");
	say_security(domain);
	return true;
}

static const VirtOption list_options[] = {
	{ "inactive", VIRT_BOOL, "list inactive domains" },
	{ "all", VIRT_BOOL, "list inactive & active domains" },
	{ "transient", VIRT_BOOL, "list transient domains" },
	{ "persistent", VIRT_BOOL, "list persistent domains" },
	{ "with-snapshot", VIRT_BOOL, "list domains with existing snapshot" },
	{ "without-snapshot", VIRT_BOOL, "list domains without a snapshot" },
	{ "with-checkpoint", VIRT_BOOL, "list domains with existing checkpoint" },
	{ "without-checkpoint", VIRT_BOOL, "list domains without a checkpoint" },
	{ "state-running", VIRT_BOOL, "list domains in running state" },
	{ "state-paused", VIRT_BOOL, "list domains in paused state" },
	{ "state-shutoff", VIRT_BOOL, "list domains in shutoff state" },
	{ "state-other", VIRT_BOOL, "list domains in other states" },
	{ "autostart", VIRT_BOOL, "list domains with autostart enabled" },
	{ "no-autostart", VIRT_BOOL, "list domains with autostart disabled" },
	{ "with-managed-save", VIRT_BOOL, "list domains with managed save state" },
	{ "without-managed-save", VIRT_BOOL, "list domains without managed save" },
	{ "uuid", VIRT_BOOL, "list uuid's only" },
	{ "name", VIRT_BOOL, "list domain names only" },
	{ "id", VIRT_BOOL, "list domain IDs only" },
	{ "table", VIRT_BOOL, "list table (default)" },
	{ "managed-save", VIRT_BOOL, "accepted: no domain has one" },
	{ "title", VIRT_BOOL, "show domain title" },
	{},
};
static const VirtOption domain_options[] = { VIRT_OPTION_DOMAIN, {} };
static const VirtOption domstate_options[] = { VIRT_OPTION_DOMAIN,
	{ "reason", VIRT_BOOL, "also print reason for the state" }, {} };

const VirtCommand virt_monitor_commands[] = {
	{ "dominfo", "domain information", domain_options, run_dominfo },
	{ "domstate", "domain state", domstate_options, run_domstate },
	{ "list", "list domains", list_options, run_list },
	{},
};
