/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives of units that name directories and paths.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "plan/rules.h"

typedef struct DirectoryKey {
	const char *key, *mode_key;
	const char *place, *private_place; /* the latter with DynamicUser= */
	bool data; /* the host's content comes along with -C */
} DirectoryKey;

static const DirectoryKey directory_keys[] = {
	{ "StateDirectory", "StateDirectoryMode", "/var/lib", "/var/lib/private", true },
	{ "CacheDirectory", "CacheDirectoryMode", "/var/cache", "/var/cache/private", false },
	{ "LogsDirectory", "LogsDirectoryMode", "/var/log", "/var/log/private", false },
	{ "ConfigurationDirectory", "ConfigurationDirectoryMode", "/etc", "/etc", true },
};

bool rules_is_true(const char *value)
{
	return value && (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 ||
				strcmp(value, "on") == 0 || strcmp(value, "1") == 0);
}

static mode_t mode_of(const FactUnit *unit, const char *key)
{
	const char *text = facts_unit_get(unit, "Service", key);
	unsigned long mode = text ? strtoul(text, NULL, 8) : 0755;

	return (mode_t)(mode & 07777);
}

static void unit_directory(
	PlanBuild *build, const FactUnit *unit, const DirectoryKey *key, const char *value)
{
	bool dynamic = rules_is_true(facts_unit_get(unit, "Service", "DynamicUser"));
	_cleanup_free_ char *name =
		strndup(value, strcspn(value, ":")); /* the rest is a link that systemd makes */
	_cleanup_free_ char *path = NULL;

	path = name ? path_join(dynamic ? key->private_place : key->place, name) : NULL;
	if (!path) {
		build->failed = true;
		return;
	}
	if (key->data && build->desc->copy && build_known(build, path))
		build_copy(build, path, true, "%s=%s of %s", key->key, value, unit->name);
	else if (
		!dynamic) /* its account exists only while it runs: systemd makes the directory then */
		build_directory(build, path, mode_of(unit, key->mode_key),
			facts_unit_get(unit, "Service", "User"),
			facts_unit_get(unit, "Service", "Group"), "%s=%s of %s", key->key, value,
			unit->name);
}

/* Calls f for each word of each value of a key. */
static void each_word(PlanBuild *build, const FactUnit *unit, const char *key,
	void (*f)(PlanBuild *build, const FactUnit *unit, const FactDirective *directive,
		const char *word))
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		_cleanup_strv_ char **words = NULL;

		if (strcmp(d->key, key) != 0)
			continue;
		if (strv_split(&words, d->value, " \t\n") < 0)
			build->failed = true;
		STRV_FOREACH (word, words)
			f(build, unit, d, *word);
	}
}

void rule_directory(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++) {
		const FactUnit *unit = &build->facts->units[i];

		for (size_t k = 0; k < ARRAY_SIZE(directory_keys); k++)
			for (size_t j = 0; j < unit->n_directives; j++) {
				const FactDirective *d = &unit->directives[j];
				_cleanup_strv_ char **words = NULL;

				if (strcmp(d->key, directory_keys[k].key) != 0)
					continue;
				if (strv_split(&words, d->value, " \t\n") < 0)
					build->failed = true;
				STRV_FOREACH (word, words)
					unit_directory(build, unit, &directory_keys[k], *word);
			}
	}
}

/* The path inside a word of a directive: without the prefixes of systemd, quotes, option names and what BindPaths= puts behind. NULL: none. */
static char *path_in(const char *word)
{
	const char *start = strchr(word, '/');
	size_t n;
	char *text, *path;

	if (!start)
		return NULL;
	for (const char *c = word; c < start;
		c++) /* "-", "+", "--config=", "\"": but not "http:/" or "run/x" */
		if (start - c == 1 && !strchr("-+!@=:\"'<", *c))
			return NULL;
	n = strcspn(start, ":\"';,)|*?[$ ");
	text = strndup(start, n);
	path = text && strchr(start, '*') == NULL ? path_normalize(text) : NULL;
	free(text);
	return path;
}

static void known_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *path)
{
	const KnownPath *known = build_known(build, path);
	bool directory = known && known->type == FACT_FILE_DIRECTORY;

	if (!known || known->type == FACT_FILE_OTHER)
		return;
	if (build->desc->copy || !directory)
		build_copy(build, path, directory, "%s= of %s", d->key, unit->name);
}

static void mentioned_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	_cleanup_free_ char *path = path_in(word);

	if (path && !rules_common_place(path) && !path_is_below(path, "/var/log"))
		known_path(build, unit, d, path);
}

/* A place of many services (/var/www) comes as a directory: whose its content is nobody says. */
static void condition_common(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	_cleanup_free_ char *path = path_in(word);

	if (!path || word[0] == '!' || !rules_common_place(path) || !path_is_below(path, "/var"))
		return;
	build_directory(build, path, 0755, NULL, NULL, "%s= of %s", d->key, unit->name);
	if (build->desc->copy && unit->asked)
		build_warn(build,
			"%s: %s=%s: many services meet there, so that only the directory is "
			"inside: --with %s brings what it holds",
			unit->name, d->key, word, path);
}

/* What only the administrator can make is told of before the container is there and does not start. */
static void condition_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	if (!strv_contains(build->facts->missing_paths, word))
		condition_common(build, unit, d, word);
	if (strv_contains(build->facts->missing_paths, word) && unit->asked)
		build_warn(build,
			"%s: %s=%s: there is no such file on this host, and the unit does not "
			"start without it",
			unit->name, d->key, word);
	mentioned_path(build, unit, d, word);
}

/* A path that must be there or systemd does not start the unit, unless it is marked with "-". */
static void needed_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	_cleanup_free_ char *path = path_in(word);
	bool state;

	if (!path || rules_common_place(path))
		return;
	state = path_is_below(path, "/var") && !path_is_below(path, "/var/log") &&
		!path_is_below(path, "/var/cache");
	if ((state || path_is_below(path, "/etc")) && build_known(build, path))
		known_path(build, unit, d, path);
	if (path_is_below(path, "/var") || word[0] == '/')
		build_directory(build, path, 0755, facts_unit_get(unit, "Service", "User"),
			facts_unit_get(unit, "Service", "Group"), "%s=%s of %s", d->key, word,
			unit->name);
}

/* EnvironmentFile= and its like: one file, wanted even where the facts do not list it, since a missing source is passed over. */
static void file_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	_cleanup_free_ char *path = path_in(word);

	if (path && !rules_common_place(path) && (word[0] != '-' || build_known(build, path)))
		build_copy(build, path, false, "%s=%s of %s", d->key, word, unit->name);
}

/* A credential is named for this unit alone, and without it the unit would fail: ID:PATH, a file or a directory of them. ID alone comes from
 * whoever started systemd, which inside is nobody; systemd does without. A private key is not copied all the same, rule private-key sees to it. */
static void credential_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	const char *colon = strchr(word, ':');
	_cleanup_free_ char *path = colon ? path_in(colon + 1) : NULL;
	const KnownPath *known = path ? build_known(build, path) : NULL;
	bool directory = known && known->type == FACT_FILE_DIRECTORY;

	if (path && !rules_common_place(path) && !path_is_below(path, "/usr") &&
		!build_copy(build, path, directory, "%s=%s of %s", d->key, word, unit->name) &&
		!build->failed)
		build_warn(build,
			"%s: %s=%s: only what is below /etc, /var, /srv, /home and /root can be "
			"content of a container: mount it instead",
			unit->name, d->key, word);
}

static void program_path(
	PlanBuild *build, const FactUnit *unit, const FactDirective *d, const char *word)
{
	_cleanup_free_ char *path = path_in(word), *top = NULL;

	if (path && path_is_below(path, "/opt") && strlen(path) > strlen("/opt/")) {
		top = strndup(path, strlen("/opt/") + strcspn(path + strlen("/opt/"), "/"));
		if (top)
			build_share(build, top);
		else
			build->failed = true;
	}
	mentioned_path(build, unit, d, word);
}

typedef struct PathKey {
	const char *key;
	void (*apply)(PlanBuild *build, const FactUnit *unit, const FactDirective *directive,
		const char *word);
} PathKey;

static const PathKey path_keys[] = {
	{ "ReadWritePaths", needed_path },
	{ "ReadWriteDirectories", needed_path },
	{ "ReadOnlyPaths", mentioned_path },
	{ "BindPaths", needed_path },
	{ "BindReadOnlyPaths", mentioned_path },
	{ "WorkingDirectory", needed_path },
	{ "RequiresMountsFor", mentioned_path },
	{ "EnvironmentFile", file_path },
	{ "LoadCredential", credential_path },
	{ "ConditionPathExists", condition_path },
	{ "ConditionFileNotEmpty", condition_path },
	{ "ConditionPathIsDirectory", condition_path },
	{ "ConditionDirectoryNotEmpty", condition_path },
	{ "ConditionFileIsExecutable", condition_path },
	{ "AssertPathExists", condition_path },
	{ "AssertPathIsDirectory", condition_path },
	{ "PathExists", mentioned_path },
	{ "PathChanged", mentioned_path },
	{ "PathModified", mentioned_path },
	{ "DirectoryNotEmpty", mentioned_path },
	{ "Environment", mentioned_path },
	{ "ExecStart", program_path },
	{ "ExecStartPre", program_path },
	{ "ExecStartPost", program_path },
	{ "ExecReload", program_path },
	{ "ExecStop", program_path },
	{ "ExecStopPost", program_path },
	{ "ExecCondition", program_path },
};

void rule_path(PlanBuild *build)
{
	for (size_t i = 0; i < build->facts->n_units; i++)
		for (size_t k = 0; k < ARRAY_SIZE(path_keys); k++)
			each_word(build, &build->facts->units[i], path_keys[k].key,
				path_keys[k].apply);
}
