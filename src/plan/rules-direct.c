/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --init=direct: one unit, and the socket unit that belongs to it, as the steps of virt-sandbox-direct. A directive that this cannot do is refused, by name and line:
 * nothing of a unit is passed over in silence.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/direct.h"

#define START_SECONDS 90 /* systemd's defaults */
#define RESTART_MSEC 100
#define LIMIT_BURST 5
#define LIMIT_SECONDS 10

/* "/lib/systemd/system/web.service line 12" */
static void print_place(Buf *buf, const FactUnit *unit, const FactDirective *d)
{
	const char *file = d->file == 0	   ? unit->path
			   : unit->dropins ? unit->dropins[d->file - 1]
					   : NULL;

	if (d->line && file)
		buf_printf(buf, " (%s line %u)", file, d->line);
	else if (unit->init_script)
		buf_printf(buf, " (made of %s)", unit->init_script);
}

void direct_refuse(Making *m, const char *why)
{
	_cleanup_free_ char *place = NULL;
	_cleanup_buf_ Buf buf = { 0 };

	print_place(&buf, m->unit, m->at);
	if (buf_take(&buf, &place, NULL) < 0)
		m->build->failed = true;
	else
		rules_note_at(m->build, m->unit, m->at, place,
			why ? why : "--init=direct does not know this value",
			"leave out --init=direct", true);
}

/* The one that was asked for; what else was are its sockets. */
static const FactUnit *find_service(PlanBuild *build)
{
	const Facts *facts = build->facts;
	const FactUnit *found = NULL;
	bool others = false;

	for (size_t i = 0; i < facts->n_units; i++)
		if (facts->units[i].asked && rules_has_type(facts->units[i].name, "service")) {
			others = others || found;
			found = &facts->units[i];
		}
	for (size_t i = 0; found && i < facts->n_units; i++)
		if (facts->units[i].asked && &facts->units[i] != found &&
			!(rules_has_type(facts->units[i].name, "socket") &&
				rules_triggers(&facts->units[i], found)))
			others = true;
	if (found && !others)
		return found;
	build_note(build, found, "--init=direct",
		"it runs one service, with its sockets, and nothing else", "leave it out", true);
	return NULL;
}

static bool is_empty_switch(const FactDirective *d)
{
	int64_t on;

	/* "0" may be a number, too, which would say something. */
	return direct_boolean(d->value, &on) == 0 && !on &&
	       (strcmp(d->value, "0") != 0 || strcmp(d->key, "WatchdogSec") == 0);
}

/* Where a socket says more, systemd means the commands and processes of the socket itself. */
static bool is_of_socket(const Directive *row)
{
	return row->sections == SECTION_SOCKET || row->assign == ASSIGN_DEPENDENCY;
}

static void take_unit(Making *m, const FactUnit *unit)
{
	bool is_socket = rules_has_type(unit->name, "socket");

	m->unit = unit;
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		const Directive *row = directive_find(d->key);

		/* What systemd does not know it ignores, and says so. */
		if (!row || strncmp(d->section, "X-", 2) == 0 || row->direct == DIRECT_IDLE)
			continue;
		m->at = d;
		if (row->direct == DIRECT_HONOURS && (!is_socket || is_of_socket(row)) &&
			direct_take(m, d))
			continue;
		/* A switch that is off asks for nothing. */
		if (row->words != WORDS_ONE || !is_empty_switch(d))
			direct_refuse(
				m, row->direct == DIRECT_REFUSES
					   ? "--init=direct does not have it"
					   : "--init=direct does not have it in a socket unit");
	}
}

static void take_sockets(Making *m, const FactUnit *service)
{
	const Facts *facts = m->build->facts;

	for (size_t i = 0; i < facts->n_units; i++) {
		const FactUnit *unit = &facts->units[i];

		if (rules_has_type(unit->name, "socket") && rules_triggers(unit, service))
			take_unit(m, unit);
	}
}

/* What systemd-tmpfiles would make at each start: directories of /run, which is new then. */
static void take_line(Making *m, const FactLine *line)
{
	_cleanup_free_ char *text = strdup(line->text);
	char *fields[FACT_LINE_FIELDS];
	const char *user, *group, *mode;
	size_t n;

	if (!text || !rules_takes_line(m->build, line)) {
		m->build->failed = m->build->failed || !text;
		return;
	}
	n = fact_line_split(text, fields);
	if (n < 2 || !(path_is_below(fields[1], "/run") || path_is_below(fields[1], "/var/run")) ||
		strncmp(fields[1], "/run/systemd/", strlen("/run/systemd/")) == 0)
		return;
	if (!strchr("dDvqQ", fields[0][0]) || strchr(fields[1], '%') ||
		!path_is_normal(fields[1])) {
		build_warn(m->build, "%s: --init=direct does not create %s at each start",
			line->file, fields[1]);
		return;
	}
	mode = fact_line_field(fields, n, 2);
	user = fact_line_field(fields, n, 3);
	group = fact_line_field(fields, n, 4);
	if (strv_appendf(&m->steps.boot, "%s %s %s %s", mode ? mode + strspn(mode, "~:") : "0755",
		    user ? user : "0", group ? group : "0", fields[1]) < 0)
		m->build->failed = true;
}

/* Each of its own that it must have. */
static bool set_default(Making *m, char **text, const char *value)
{
	if (!*text)
		*text = strdup(value);
	m->build->failed = m->build->failed || !*text;
	return *text;
}

static void begin(Making *m)
{
	m->bounding = (UINT64_C(1) << 41) - 1;
	m->steps = (Steps){
		.start_msec = -1,
		.stop_msec = START_SECONDS * 1000,
		.restart_msec = RESTART_MSEC,
		.limit_burst = LIMIT_BURST,
		.limit_msec = LIMIT_SECONDS * 1000,
		.kill_signal = 15,
		.final_signal = 9,
		.send_kill = 1,
		.umask = 0022,
		.ignore_pipe = 1,
	};
}

/* systemd.service(5): what holds where the unit says nothing. */
static void complete(Making *m)
{
	Steps *steps = &m->steps;
	bool oneshot;

	if (!set_default(m, &steps->unit, m->unit->name) ||
		!set_default(m, &steps->type, steps->start ? "exec" : "oneshot"))
		return;
	oneshot = strcmp(steps->type, "oneshot") == 0;
	if (steps->start_msec < 0)
		steps->start_msec = oneshot ? 0 : START_SECONDS * 1000;
	(void)set_default(m, &steps->notify, strcmp(steps->type, "notify") == 0 ? "main" : "none");
	(void)set_default(m, &steps->restart, "no");
	(void)set_default(m, &steps->kill_mode, "control-group");
	(void)set_default(m, &steps->output, "log");
	if (strv_length(steps->start) > 1 && !oneshot)
		build_note(m->build, m->unit, "ExecStart", "only Type=oneshot may have several",
			NULL, true);
	if (!steps->start && !oneshot)
		build_note(m->build, m->unit, "ExecStart", "it is missing", NULL, true);
}

void rule_direct(PlanBuild *build)
{
	Making m = { .build = build };
	const FactUnit *service;

	if (!desc_is_direct(build->desc))
		return;
	service = find_service(build);
	if (!service)
		return;
	begin(&m);
	take_sockets(&m, service);
	take_unit(&m, service);
	direct_finish(&m);
	for (size_t i = 0; i < build->facts->n_tmpfiles; i++)
		take_line(&m, &build->facts->tmpfiles[i]);
	complete(&m);
	STRV_FOREACH (setting, build->facts->manager_settings)
		build_warn(build, "--init=direct ignores the host's systemd setting %s", *setting);
	if (!build->failed && steps_format(&m.steps, &build->plan->steps) < 0)
		build->failed = true;
	steps_done(&m.steps);
}
