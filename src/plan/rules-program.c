/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs of the units that would not be inside, or could not run there: said before there is a container whose start says less.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/rules.h"

static const FactUnit *unit_of(const Facts *facts, const FactProgram *program)
{
	for (size_t i = 0; i < facts->n_units; i++)
		if (strcmp(facts->units[i].name, program->unit) == 0)
			return &facts->units[i];
	return NULL;
}

/* The first word of the first command of the program, with its prefixes, borrowed from words. */
static const char *command_of(
	PlanBuild *build, const FactUnit *unit, const FactProgram *program, char ***words)
{
	for (size_t i = 0; unit && i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		const char *bare;

		if (strcmp(d->key, program->key) != 0)
			continue;
		*words = strv_free(*words);
		if (unit_directive_words(d->key, d->value, words) == -ENOMEM)
			build->failed = true;
		bare = *words ? unit_word_bare(d->key, **words) : NULL;
		if (bare &&
			(strcmp(bare, program->path) == 0 ||
				(bare[0] != '/' && strcmp(bare, path_base(program->path)) == 0)))
			return **words;
	}
	return NULL;
}

/* Where things are made at each start, which a program may well be. */
static bool is_passing(const char *path)
{
	return path_is_below(path, "/run") || path_is_below(path, "/tmp");
}

static bool is_inside(const PlanBuild *build, const char *path)
{
	static const char *const made[] = { "/dev", "/proc", "/sys" };

	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (path_is_below(path, made[i])) /* at each start */
			return true;
	return path_is_below_any(path, build->plan->shared) ||
	       path_is_below_any(path, build->plan->mounted) || rules_is_planned(build, path);
}

/* What brings a path: its directory, which holds what else the program needs. Newly allocated. */
static char *remedy_for(const char *path)
{
	bool home = path_is_below(path, "/home");
	_cleanup_free_ char *top = strdup(path);
	char *text, *end;

	if (!top)
		return NULL;
	if (is_passing(path))
		return strdup("it is empty at each start; keep the program below /opt or /srv");
	end = strchr(top + 1, '/');
	end = end ? strchr(end + 1, '/') : NULL; /* /srv/app, /data/app */
	if (end)
		*end = '\0';
	if (home || facts_is_private(path) || path_is_below(path, "/root"))
		return asprintf(&text, "--with %s brings it", top) < 0 ? NULL : text;
	return asprintf(&text, "-m host-bind:%s=%s mounts it", top, top) < 0 ? NULL : text;
}

void rules_outside(PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *path,
	bool needed)
{
	_cleanup_free_ char *reason = NULL, *remedy = remedy_for(path);

	if (!remedy || asprintf(&reason, "%s would not be in the container", path) < 0) {
		reason = NULL;
		build->failed = true;
		return;
	}
	if (needed)
		rules_note(build, unit, d, reason, remedy, true);
	else
		build_warn(
			build, "%s: %s=%s: %s: %s", unit->name, d->key, d->value, reason, remedy);
}

/* Without these commands the unit does not start. */
static bool is_needed(const char *key, const char *command)
{
	static const char *const keys[] = { "ExecStart", "ExecStartPre", "ExecCondition" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return !memchr(command, '-', strspn(command, "@-:+!|"));
	return false;
}

/* What the program is made of comes along wherever a container may have it: /opt/X is shared, files below /etc, /srv and /var are copied. */
static void bring(PlanBuild *build, const FactProgram *program)
{
	STRV_FOREACH (path, program->paths) {
		if (is_inside(build, *path))
			continue;
		rules_share_opt(build, *path);
		if (facts_is_private(*path))
			build_copy(build, *path, false, "program %s of %s", program->path,
				program->unit);
	}
}

/* The first word of the command, or, of a container without units, its program. */
static const char *command_word(
	PlanBuild *build, const FactUnit *unit, const FactProgram *program, char ***words)
{
	return strcmp(program->unit, FACT_COMMAND) == 0 ? program->path
							: command_of(build, unit, program, words);
}

static void check(PlanBuild *build, const FactProgram *program)
{
	static const FactUnit of_command = { .name = (char *)FACT_COMMAND };
	const FactUnit *found = unit_of(build->facts, program), *unit = found ? found : &of_command;
	_cleanup_strv_ char **words = NULL;
	const char *command = command_word(build, found, program, &words);
	FactDirective d = { NULL, program->key, program->path };
	bool needed = command && (!found || is_needed(program->key, command));

	if (!command)
		return;
	bring(build, program);
	needed = needed && (!found || rules_is_asked(build->facts, found));
	if (program->missing && needed && !path_is_below_any(program->path, build->plan->mounted))
		build_warn(build, "%s: %s=%s: there is no such program on this host", unit->name,
			d.key, d.value);
	if (program->lacks && needed)
		build_warn(build, "%s: %s=%s: its interpreter %s does not exist on this host",
			unit->name, d.key, d.value, program->lacks);
	if (program->foreign && needed)
		rules_note(build, unit, &d,
			"a program for another machine or word size (32 bits), of which a "
			"container "
			"allows no system calls",
			"install one for this machine", true);
	if (program->unfit && needed)
		build_warn(build, "%s: %s=%s: it is a directory, or nobody may execute it",
			unit->name, d.key, d.value);
	STRV_FOREACH (path, program->paths)
		if (!program->missing && !is_inside(build, *path)) {
			rules_outside(build, unit, &d, *path, needed && !is_passing(*path));
			break; /* what brings it brings the others, mostly */
		}
}

void rule_program(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_programs; i++)
		check(build, &build->facts->programs[i]);
}
