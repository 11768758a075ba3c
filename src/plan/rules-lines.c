/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of sysusers.d and tmpfiles.d that belong to one of the packages. Only what lasts is planned; what is below /run and /tmp the
 * systemd-tmpfiles inside makes at each start from the same files.
 */
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

void rule_sysusers(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_sysusers; i++) {
		_cleanup_free_ char *line = strdup(build->facts->sysusers[i].text);
		char *fields[FACT_LINE_FIELDS];
		size_t n;

		if (!line) {
			build->failed = true;
			return;
		}
		n = fact_line_split(line, fields);
		if (n < 2 || !strchr("ugm", fields[0][0]))
			continue;
		build_account(build, fields[1]);
		if (fields[0][0] == 'm' && n > 2)
			build_account(build, fields[2]);
	}
}

static void tmpfiles_entry(PlanBuild *build, const FactLine *fact, char *fields[], size_t n)
{
	const char *user = fact_line_field(fields, n, 3), *group = fact_line_field(fields, n, 4),
		   *mode = fact_line_field(fields, n, 2);
	const char *argument = fact_line_field(fields, n, 6);
	mode_t bits = mode ? (mode_t)(strtoul(mode + strspn(mode, "~:"), NULL, 8) & 07777) : 0;
	PlanEntry *entry = NULL;

	switch (fields[0][0]) {
	case 'd':
	case 'D':
	case 'v':
	case 'q':
	case 'Q':
		build_directory(
			build, fields[1], bits ? bits : 0755, user, group, "%s", fact->file);
		return;
	case 'f':
	case 'F':
		entry = build_file(build, fields[1], bits ? bits : 0644, argument ? argument : "",
			"%s", fact->file);
		break;
	case 'L':
		if (argument)
			entry = build_link(build, fields[1], argument, "%s", fact->file);
		break;
	default: /* modes and attributes of what others make, removals, and C, which systemd-tmpfiles does at the first start */
		return;
	}
	if (!entry)
		return;
	build_yield(build, entry); /* systemd-tmpfiles only makes what is missing */
	if (entry->kind == PLAN_FILE)
		build_owner(build, entry, user, group);
}

static bool is_account(const PlanBuild *build, const char *name)
{
	return !name || strcmp(name, "root") == 0 || strcmp(name, "0") == 0 ||
	       strv_contains(build->accounts, name);
}

/* Is the path, or what is below it, named by a directive of a unit? */
static bool is_named(const PlanBuild *build, const char *path)
{
	for (size_t i = 0; i < build->facts->n_units; i++)
		for (size_t j = 0; j < build->facts->units[i].n_directives; j++)
			if (strstr(build->facts->units[i].directives[j].value, path))
				return true;
	return false;
}

/* Is the file called after an asked unit? */
static bool is_called_after(const PlanBuild *build, const char *file)
{
	const char *name = path_base(file);
	size_t n = strlen(name) - strlen(".conf");

	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		if (unit->asked && strncmp(unit->name, name, n) == 0 && strchr(".@", unit->name[n]))
			return true;
	}
	return false;
}

/* The administrator's lines are about the whole host: one is taken if it belongs to an account of the service, if a unit names its path, or if its file is
 * called after one; and never if somebody owns it who is not inside. */
bool rules_takes_line(const PlanBuild *build, const FactLine *line)
{
	_cleanup_free_ char *text = strdup(line->text);
	char *fields[FACT_LINE_FIELDS];
	const char *user, *group;
	size_t n;

	if (line->package || !text)
		return line->package;
	n = fact_line_split(text, fields);
	if (n < 2)
		return false;
	user = fact_line_field(fields, n, 3);
	group = fact_line_field(fields, n, 4);
	if (is_account(build, user) && is_account(build, group))
		return (user && strcmp(user, "root") != 0) ||
		       (group && strcmp(group, "root") != 0) ||
		       is_called_after(build, line->file) || is_named(build, fields[1]);
	return false;
}

/* A line that is about the service, and is left out for its owner. */
static void tell_left_line(PlanBuild *build, const FactLine *line)
{
	_cleanup_free_ char *text = strdup(line->text);
	char *fields[FACT_LINE_FIELDS];
	size_t n = text ? fact_line_split(text, fields) : 0;

	for (size_t i = 3; i < 5 && n >= 2; i++) {
		const char *owner = fact_line_field(fields, n, i);

		if (!is_account(build, owner) &&
			(is_called_after(build, line->file) || is_named(build, fields[1]))) {
			build_warn(build,
				"%s: %s belongs to %s, an account that is not in the container: "
				"left out (--account %s brings the account)",
				line->file, fields[1], owner, owner);
			return;
		}
	}
}

/* The lines of the administrator's that are taken, in files of the same names. */
static void own_files(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_tmpfiles; i++) {
		const FactLine *first = &build->facts->tmpfiles[i];
		_cleanup_buf_ Buf text = { 0 };
		_cleanup_free_ char *content = NULL;

		if (first->package ||
			(i > 0 && strcmp(first->file, build->facts->tmpfiles[i - 1].file) == 0))
			continue;
		for (size_t j = i; j < build->facts->n_tmpfiles &&
				   strcmp(build->facts->tmpfiles[j].file, first->file) == 0;
			j++)
			if (rules_takes_line(build, &build->facts->tmpfiles[j]))
				buf_printf(&text, "%s\n", build->facts->tmpfiles[j].text);
			else
				tell_left_line(build, &build->facts->tmpfiles[j]);
		if (text.size == 0)
			continue;
		if (buf_take(&text, &content, NULL) < 0)
			build->failed = true;
		else
			build_file(build, first->file, 0644, content,
				"what the administrator declares for the service");
	}
}

/* Without units there is no systemd inside to make what lasts until the next boot. */
static void tell_of_command(
	PlanBuild *build, const FactLine *fact, const char *type, const char *path)
{
	const FactPackage *package =
		fact->package ? facts_package(build->facts, fact->package) : NULL;

	if (build->desc->kind == DESC_COMMAND && package && strchr("dD", type[0]) &&
		(path_is_below(path, "/run") || path_is_below(path, "/var/run")))
		build_warn(build,
			"%s of package %s is not made where a command runs without systemd: let "
			"the command make it, or run a unit (-u)",
			path, package->name);
}

void rule_tmpfiles(PlanBuild *build)
{
	own_files(build);
	for (size_t i = 0; i < build->facts->n_tmpfiles; i++) {
		const FactLine *fact = &build->facts->tmpfiles[i];
		_cleanup_free_ char *line = strdup(fact->text);
		char *fields[FACT_LINE_FIELDS];
		size_t n;

		if (!line) {
			build->failed = true;
			return;
		}
		if (!rules_takes_line(build, fact))
			continue;
		n = fact_line_split(line, fields);
		if (n >= 2)
			tell_of_command(build, fact, fields[0], fields[1]);
		if (n >= 2 && !strchr(fact->text, '%') && !rules_common_place(fields[1]))
			tmpfiles_entry(build, fact, fields, n);
	}
}
