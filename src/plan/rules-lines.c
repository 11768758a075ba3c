/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of sysusers.d and tmpfiles.d that belong to one of the packages. Only what lasts is planned; what is below /run and /tmp the
 * systemd-tmpfiles inside makes at each start from the same files.
 */
#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

#define FIELDS_MAX 7 /* of a line of tmpfiles.d(5): type path mode user group age argument */

/* Cuts a line into fields in place; quotes group words. The last field is the rest of the line. */
static size_t split_fields(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;
	char *c = line;

	while (n < FIELDS_MAX) {
		char quote = '\0';

		c += strspn(c, " \t");
		if (*c == '\0' || *c == '#')
			break;
		if (*c == '"' || *c == '\'')
			quote = *c++;
		fields[n++] = c;
		if (n == FIELDS_MAX && !quote)
			break;
		while (*c && (quote ? *c != quote : !isspace((unsigned char)*c)))
			c++;
		if (*c)
			*c++ = '\0';
	}
	return n;
}

static const char *field(char *const fields[], size_t n, size_t i)
{
	return i < n && strcmp(fields[i], "-") != 0 ? fields[i] : NULL;
}

void rule_sysusers(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_sysusers; i++) {
		_cleanup_free_ char *line = strdup(build->facts->sysusers[i].text);
		char *fields[FIELDS_MAX];
		size_t n;

		if (!line) {
			build->failed = true;
			return;
		}
		n = split_fields(line, fields);
		if (n < 2 || !strchr("ugm", fields[0][0]))
			continue;
		build_account(build, fields[1]);
		if (fields[0][0] == 'm' && n > 2)
			build_account(build, fields[2]);
	}
}

static void tmpfiles_entry(PlanBuild *build, const FactLine *fact, char *fields[], size_t n)
{
	const char *user = field(fields, n, 3), *group = field(fields, n, 4),
		   *mode = field(fields, n, 2);
	const char *argument = field(fields, n, 6);
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

void rule_tmpfiles(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_tmpfiles; i++) {
		const FactLine *fact = &build->facts->tmpfiles[i];
		_cleanup_free_ char *line = strdup(fact->text);
		char *fields[FIELDS_MAX];
		size_t n;

		if (!line) {
			build->failed = true;
			return;
		}
		n = split_fields(line, fields);
		if (n >= 2 && !strchr(fact->text, '%') && !rules_common_place(fields[1]))
			tmpfiles_entry(build, fact, fields, n);
	}
}
