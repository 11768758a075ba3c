/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Directives of units that name directories and paths, by the table of directives.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/unit-words.h"
#include "plan/rules.h"

#define LINKS_MAX 8 /* of a chain; a longer one is a loop */

/* One word of a directive of a unit. */
typedef struct Named {
	const FactUnit *unit;
	const FactDirective *d;
	const Directive *row;
	const char *word; /* as it stands in the value */
	const char *bare; /* without prefixes */
} Named;

static mode_t mode_of(const FactUnit *unit, const char *key)
{
	const char *text = facts_unit_get(unit, "Service", key);
	unsigned long mode = text ? strtoul(text, NULL, 8) : 0755;

	return (mode_t)(mode & 07777);
}

/* Group=, or else the group of User=. */
static const char *group_of(const PlanBuild *build, const FactUnit *unit)
{
	const char *group = facts_unit_get(unit, "Service", "Group"),
		   *user = facts_unit_get(unit, "Service", "User");
	const FactAccount *account = user ? facts_account(build->facts, user, false) : NULL;

	return group || !account ? group : build_account_name(build, account->gid, true);
}

static bool is_optional(const Named *named)
{
	return memchr(named->word, '-', (size_t)(named->bare - named->word));
}

static bool is_shield(const Directive *row)
{
	return row && row->words == WORDS_LIST &&
	       (row->noun == NOUN_SHIELDED || row->noun == NOUN_HIDDEN);
}

/* The section of systemd.exec(5) in units of this type. */
static const char *unit_section(const FactUnit *unit)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const Directive *row = directive_find(unit->directives[i].key);

		if (is_shield(row))
			return unit->directives[i].section;
	}
	return "Service";
}

/* The whole bare word as a path; NULL: it is none. */
static char *whole_path(const Named *named)
{
	return named->bare[0] == '/' ? path_normalize(named->bare) : NULL;
}

static bool is_directory(const PlanBuild *build, const char *path)
{
	const KnownPath *known = build_known(build, path);

	return known && known->type == FACT_FILE_DIRECTORY;
}

static void make_directory(PlanBuild *build, const Named *named, const char *path)
{
	build_directory(build, path, 0755, facts_unit_get(named->unit, "Service", "User"),
		group_of(build, named->unit), "%s=%s of %s", named->d->key, named->word,
		named->unit->name);
}

static void unit_directory(PlanBuild *build, const Named *named)
{
	const FactUnit *unit = named->unit;
	const char *key = named->d->key;
	bool dynamic = unit_is_true(facts_unit_get(unit, "Service", "DynamicUser"));
	bool data = named->row->fate == FATE_BRINGS; /* the host's content comes along with -C */
	_cleanup_free_ char *name = strndup(named->bare, strcspn(named->bare, ":")), *path = NULL,
			    *mode_key = NULL;

	path = name ? path_join(directive_place(key, dynamic), name) : NULL;
	if (!path || asprintf(&mode_key, "%sMode", key) < 0) {
		mode_key = NULL;
		build->failed = true;
		return;
	}
	if (data && build->desc->copy && build_known(build, path))
		build_copy(build, path, true, "%s=%s of %s", key, named->word, unit->name);
	else if (
		!dynamic) /* its account exists only while it runs: systemd makes the directory then */
		build_directory(build, path, mode_of(unit, mode_key),
			facts_unit_get(unit, "Service", "User"), group_of(build, unit),
			"%s=%s of %s", key, named->word, unit->name);
}

/* A path within a word: the whole rest of it if the host has that, else up to what ends a path in a text. NULL: none. */
static char *path_in(const PlanBuild *build, const char *word)
{
	const char *start = strchr(word, '/');
	_cleanup_free_ char *whole = NULL, *text = NULL;

	if (!start)
		return NULL;
	if (start > word && !strchr("-+!@=:\"'<|,", start[-1])) /* "http:/" or "run/x" */
		return NULL;
	whole = path_normalize(start);
	if (whole && build_known(build, whole))
		return TAKE_PTR(whole);
	text = strndup(start, strcspn(start, ":\"';,)|*?[$ "));
	return text ? path_normalize(text) : NULL;
}

/* And what it leads to, if it is a link. */
static void copy_chain(PlanBuild *build, const Named *named, const char *path, bool recurse)
{
	for (unsigned int i = 0; i < LINKS_MAX && path; i++) {
		const KnownPath *known = build_known(build, path);

		build_copy(build, path, recurse, "%s=%s of %s", named->d->key, named->word,
			named->unit->name);
		path = known && known->reference ? known->reference->target : NULL;
		recurse = path && is_directory(build, path);
	}
}

static void known_path(PlanBuild *build, const Named *named, const char *path)
{
	const KnownPath *known = build_known(build, path);
	bool directory = known && known->type == FACT_FILE_DIRECTORY;

	/* Persons' files come only when they are named, and then with what is beside them. */
	if (!known || known->type == FACT_FILE_OTHER || facts_is_outside(path))
		return;
	if (build->desc->copy || !directory)
		copy_chain(build, named, path, directory);
}

static void mentioned_path(PlanBuild *build, const Named *named, const char *path)
{
	if (!rules_common_place(path) && !path_is_below(path, "/var/log"))
		known_path(build, named, path);
}

/* A place of many services (/var/www) comes as a directory: whose its content is nobody says. */
static void condition_common(PlanBuild *build, const Named *named, const char *path)
{
	if (strchr(named->word, '!') || !rules_common_place(path) || !path_is_below(path, "/var"))
		return;
	build_directory(
		build, path, 0755, NULL, NULL, "%s= of %s", named->d->key, named->unit->name);
	if (build->desc->copy && named->unit->asked)
		build_warn(build,
			"%s: %s=%s: many services meet there, so that only the directory is "
			"inside: --with %s brings what it holds",
			named->unit->name, named->d->key, named->word, path);
}

/* What only the administrator can make is told of before the container is there and does not start. Whether it is missing. */
static bool tell_missing(PlanBuild *build, const Named *named, const char *path)
{
	bool missing = strv_contains(build->facts->missing_paths, path);

	if (missing && named->unit->asked && named->word == named->bare)
		build_warn(build,
			"%s: %s=%s: there is no such file on this host, and the unit does not "
			"start without it",
			named->unit->name, named->d->key, named->word);
	return missing;
}

static void condition_path(PlanBuild *build, const Named *named, const char *path)
{
	if (!tell_missing(build, named, named->bare))
		condition_common(build, named, path);
	if (named->word == named->bare && rules_lacks_device(build, path))
		build_warn(build,
			"%s: %s=%s: the container has no devices of the host, and the unit does "
			"not start without it",
			named->unit->name, named->d->key, named->word);
	mentioned_path(build, named, path);
}

/* Where a container has nothing that could be written to, or nothing at all. */
static bool refuse_place(PlanBuild *build, const Named *named, const char *path)
{
	FactDirective d = { named->d->section, named->d->key, (char *)named->word };
	bool optional = is_optional(named), writes = strcmp(d.key, "WorkingDirectory") != 0;
	_cleanup_free_ char *remedy = NULL;

	if (path_is_below_any(path, build->plan->mounted))
		return true;
	if (asprintf(&remedy, "-m host-bind:%s=%s mounts the host's", path, path) < 0) {
		remedy = NULL;
		build->failed = true;
		return true;
	}
	if (path_is_below(path, "/sys") || path_is_below(path, "/proc"))
		build_warn(build, "%s: %s=%s: file systems of the kernel stay read-only inside",
			named->unit->name, d.key, d.value);
	else if (!optional && rules_lacks_device(build, path))
		rules_note(build, named->unit, &d, "the container has no devices of the host", NULL,
			rules_is_asked(build->facts, named->unit));
	else if (writes && path_is_below(path, "/opt") && build_known(build, path) && !optional &&
		 rules_is_asked(build->facts, named->unit))
		rules_note(build, named->unit, &d,
			"/opt is shared with the host, read-only, as /usr is", remedy, true);
	else if (writes && path_is_below(path, "/opt") && build_known(build, path))
		build_warn(build, "%s: %s=%s: /opt is shared with the host, read-only: %s",
			named->unit->name, d.key, d.value, remedy);
	else
		return false;
	return true;
}

/* A path that must be there or systemd does not start the unit, unless it is marked with "-". */
static void needed_path(PlanBuild *build, const Named *named, const char *path)
{
	bool state = path_is_below(path, "/var") && !path_is_below(path, "/var/log") &&
		     !path_is_below(path, "/var/cache");

	if (rules_common_place(path) || refuse_place(build, named, path))
		return;
	if ((state || path_is_below(path, "/etc")) && build_known(build, path))
		known_path(build, named, path);
	if (!build_known(build, path) || is_directory(build, path))
		make_directory(build, named, path);
}

/* The unit only reads there, but does not start without it. */
static void shielded_path(PlanBuild *build, const Named *named, const char *path)
{
	mentioned_path(build, named, path);
	if (!is_optional(named) && !rules_common_place(path) &&
		(!build_known(build, path) || is_directory(build, path)))
		build_directory(build, path, 0755, NULL, NULL, "%s=%s of %s", named->d->key,
			named->word, named->unit->name);
}

/* The unit does not reach what is there, so nothing of it comes along. */
static void hidden_path(PlanBuild *build, const Named *named, const char *path)
{
	if (!is_optional(named) && !rules_common_place(path))
		build_directory(build, path, 0755, NULL, NULL, "%s=%s of %s", named->d->key,
			named->word, named->unit->name);
}

/* EnvironmentFile= and its like: one file, wanted even where the facts do not list it, since a missing source is passed over. */
static void file_path(PlanBuild *build, const Named *named, const char *path)
{
	const KnownPath *known = build_known(build, path);

	if (rules_common_place(path) || (is_optional(named) && !known) ||
		(known && known->type == FACT_FILE_OTHER) || tell_missing(build, named, path) ||
		path_is_below(path, "/opt") || path_is_below_any(path, build->plan->mounted))
		return;
	if (facts_is_outside(path) && !path_is_below(path, "/home") &&
		!path_is_below(path, "/root")) {
		rules_outside(build, named->unit,
			&(FactDirective){ named->d->section, named->d->key, (char *)named->word },
			path, !is_optional(named));
		return;
	}
	copy_chain(build, named, path, known && known->type == FACT_FILE_DIRECTORY);
}

/* Every path of the facts that the pattern of the word fits. */
static void pattern_paths(PlanBuild *build, const Named *named,
	void (*apply)(PlanBuild *build, const Named *named, const char *path))
{
	for (size_t i = 0; i < build->n_known; i++)
		if (fnmatch(named->bare, build->known[i].path, FNM_PATHNAME | FNM_PERIOD) == 0)
			apply(build, named, build->known[i].path);
}

/* systemd looks for the name in the stores. */
static void stored_credential(PlanBuild *build, const Named *named, const char *name)
{
	for (size_t i = 0; i < build->n_known; i++) {
		const char *path = build->known[i].path;

		if (path_is_below(path, "/etc/credstore") &&
			fnmatch(name, path_base(path), FNM_PERIOD) == 0)
			copy_chain(build, named, path, build->known[i].type == FACT_FILE_DIRECTORY);
	}
}

/* A credential is named for this unit alone, and without it the unit would fail: ID:PATH, a file or a directory of them, or ID alone, which is in a
 * store or comes from whoever started systemd, which inside is nobody; systemd does without. A private key is not copied all the same, rule private-key
 * sees to it. */
static void credential_path(PlanBuild *build, const Named *named)
{
	const char *colon = strchr(named->bare, ':');
	_cleanup_free_ char *path = colon && colon[1] == '/' ? path_normalize(colon + 1) : NULL;
	const KnownPath *known = path ? build_known(build, path) : NULL;
	bool directory = known && known->type == FACT_FILE_DIRECTORY;

	if (named->bare[0] != '/' && (!colon || colon[1] != '/'))
		stored_credential(build, named, colon ? colon + 1 : named->bare);
	if (path && tell_missing(build, named, path))
		return;
	if (path && path_is_below(path, "/opt"))
		rules_share_opt(build, path);
	else if (path && !rules_common_place(path) && !path_is_below(path, "/usr") &&
		 !build_copy(build, path, directory, "%s=%s of %s", named->d->key, named->word,
			 named->unit->name) &&
		 !build->failed)
		build_warn(build,
			"%s: %s=%s: only what is below /etc, /var, /srv, /home and /root can be "
			"content of a container: mount it instead",
			named->unit->name, named->d->key, named->word);
}

static void argument_path(PlanBuild *build, const Named *named)
{
	_cleanup_free_ char *path = path_in(build, named->word);

	if (!path)
		return;
	if (named->row->noun == NOUN_PROGRAM)
		rules_share_opt(build, path);
	if (rules_lacks_device(build, path) && rules_is_asked(build->facts, named->unit))
		build_warn(build, "%s: %s=... names %s: the container has no devices of the host",
			named->unit->name, named->d->key, path);
	mentioned_path(build, named, path);
}

/* systemd makes the file of "append:/var/log/app/log", but not its directory, which belongs to whom it belongs to on the host. */
static void output_path(PlanBuild *build, const Named *named)
{
	const char *path = strchr(named->bare, ':');
	_cleanup_free_ char *parent = NULL, *file = NULL;
	const KnownPath *known;

	if (!path || path[1] != '/' || !(file = path_normalize(path + 1)))
		return;
	if (tell_missing(build, named, file))
		return;
	parent = strndup(file, (size_t)(path_base(file) - file - 1));
	known = parent ? build_known(build, parent) : NULL;
	if (parent && *parent && !rules_common_place(parent) && !(known && known->reference))
		build_directory(build, parent, 0755, NULL, NULL, "%s=%s of %s", named->d->key,
			named->word, named->unit->name);
	if (strncmp(named->bare, "file:", strlen("file:")) == 0)
		known_path(build, named, file);
}

static void pam_path(PlanBuild *build, const Named *named)
{
	_cleanup_free_ char *path = path_join("/etc/pam.d", named->bare);

	if (path)
		known_path(build, named, path);
	else
		build->failed = true;
}

typedef void (*ApplyPath)(PlanBuild *build, const Named *named, const char *path);

/* What becomes of a word that is a path, by what it is to the unit. */
static const ApplyPath whole_paths[NOUN_MAX] = {
	[NOUN_FILE] = file_path,
	[NOUN_NEEDED] = needed_path,
	[NOUN_SHIELDED] = shielded_path,
	[NOUN_HIDDEN] = hidden_path,
	[NOUN_NAMED] = mentioned_path,
	[NOUN_CONDITION] = condition_path,
};

/* And of one that has paths in it. */
static void (*const other_words[NOUN_MAX])(PlanBuild *build, const Named *named) = {
	[NOUN_PROGRAM] = argument_path,
	[NOUN_VARIABLES] = argument_path,
	[NOUN_OUTPUT] = output_path,
	[NOUN_CREDENTIAL] = credential_path,
	[NOUN_PAM] = pam_path,
};

/* Does a unit or a package make it at each start, or what is above it? */
static bool is_made_inside(const PlanBuild *build, const char *path)
{
	static const char *const always[] = { "/run/credentials", "/run/dbus", "/run/lock",
		"/run/log", "/run/shm", "/run/systemd", "/run/user", "/run/utmp", "/var/run/utmp" };
	const char *name = path_base(path);

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (path_is_below(path, always[i]))
			return true;
	for (size_t i = 0; i < build->facts->n_tmpfiles; i++)
		if (strstr(build->facts->tmpfiles[i].text, name))
			return true;
	for (size_t i = 0; i < build->facts->n_units; i++)
		for (size_t j = 0; j < build->facts->units[i].n_directives; j++) {
			const FactDirective *d = &build->facts->units[i].directives[j];
			const Directive *row = directive_find(d->key);

			if (row &&
				(row->noun == NOUN_DIRECTORY || row->noun == NOUN_PROGRAM ||
					strncmp(d->key, "Listen", 6) == 0 ||
					strcmp(d->key, "PIDFile") == 0) &&
				strstr(d->value, name))
				return true;
		}
	return false;
}

static void tell_run_path(PlanBuild *build, const Named *named)
{
	_cleanup_free_ char *top = NULL;
	size_t n;
	char *rest;

	if (!strv_contains(build->facts->run_paths, named->bare) ||
		path_is_below_any(named->bare, build->plan->mounted))
		return;
	top = path_normalize(named->bare);
	n = strlen(top && path_is_below(top, "/run") ? "/run" : "/var/run");
	if (!top || !top[n]) /* the directory itself is always there */
		return;
	rest = strchr(top + n + 1, '/');
	if (rest)
		*rest = '\0';
	if (!is_made_inside(build, top))
		build_warn(build,
			"%s: %s=%s: nothing in the container makes %s, and the unit does not "
			"start without it: RuntimeDirectory=, tmpfiles.d or -m host-bind:%s=%s "
			"gives it",
			named->unit->name, named->d->key, named->word, named->bare, named->bare,
			named->bare);
}

static void apply_word(PlanBuild *build, const Named *named)
{
	ApplyPath whole = whole_paths[named->row->noun];
	_cleanup_free_ char *path = NULL;

	if (named->word == named->bare)
		tell_run_path(build, named);
	if (other_words[named->row->noun])
		other_words[named->row->noun](build, named);
	if (!whole)
		return;
	path = whole_path(named);
	if (!path)
		return;
	if (named->row->words == WORDS_PATTERN && strpbrk(path, "*?["))
		pattern_paths(build, named, whole);
	else
		whole(build, named, path);
}

static void apply_directive(PlanBuild *build, const FactUnit *unit, const FactDirective *d,
	void (*apply)(PlanBuild *build, const Named *named))
{
	const Directive *row = directive_find(d->key);
	_cleanup_strv_ char **words = NULL;
	size_t step = row && row->words == WORDS_BINDS ? 2 : 1;
	int r = row ? unit_words(d->value, row->words, &words) : 0;

	if (r == -ENOMEM)
		build->failed = true;
	else if (r < 0)
		build_warn(build,
			"%s: %s=%s: a quote has no end, or an escape is none: systemd passes "
			"over this line",
			unit->name, d->key, d->value);
	for (size_t i = 0; words && words[i]; i += step)
		apply(build, &(Named){ unit, d, row, words[i], unit_word_bare(d->key, words[i]) });
}

static void each_word(PlanBuild *build, void (*apply)(PlanBuild *build, const Named *named))
{
	for (size_t i = 0; i < build->facts->n_units; i++)
		for (size_t j = 0; j < build->facts->units[i].n_directives; j++)
			apply_directive(build, &build->facts->units[i],
				&build->facts->units[i].directives[j], apply);
}

static void apply_directory(PlanBuild *build, const Named *named)
{
	if (named->row->noun == NOUN_DIRECTORY)
		unit_directory(build, named);
}

void rule_directory(PlanBuild *build)
{
	each_word(build, apply_directory);
}

void rule_path(PlanBuild *build)
{
	each_word(build, apply_word);
}

/* Is the path inside if nothing but the plan and the host's /usr puts it there? */
static bool may_be_missing(const PlanBuild *build, const char *path)
{
	static const char *const kept[] = { "/etc", "/home", "/root", "/srv", "/var", "/usr",
		"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys" };
	static const char *const tops[] = { "/", "/dev", "/dev/shm", "/run", "/tmp", "/opt" };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (path_is_below(path, kept[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (strcmp(path, tops[i]) == 0)
			return false;
	return !path_is_below_any(path, build->plan->mounted) &&
	       !path_is_below_any(path, build->plan->shared);
}

/* A word as a drop-in says it: quoted, and with "-" if the unit is to start without it. */
static void spare_word(Buf *text, const Named *named, bool optional)
{
	_cleanup_free_ char *escaped = unit_words_escape(named->bare, WORDS_LIST);

	if (!escaped)
		text->failed = true;
	else
		buf_printf(text, "%s=%s%.*s%s\n", named->d->key, optional ? "-" : "",
			(int)(named->bare - named->word), named->word, escaped);
}

static void note_spared(PlanBuild *build, const Named *named)
{
	_cleanup_free_ char *line = NULL;

	if (asprintf(&line, "%s=-%s", named->d->key, named->word) < 0) {
		line = NULL;
		build->failed = true;
		return;
	}
	rules_note(build, named->unit,
		&(FactDirective){ named->d->section, named->d->key, (char *)named->word },
		"no container has it", line, false);
}

/* Lines of all lists of the unit, in which what is not inside may be missing. Whether there is any such word. */
static bool spare_lines(PlanBuild *build, const FactUnit *unit, Buf *resets, Buf *lines)
{
	bool any = false;

	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];
		const Directive *row = directive_find(d->key);
		_cleanup_strv_ char **words = NULL;

		if (!is_shield(row))
			continue;
		if (unit_words(d->value, row->words, &words) == -ENOMEM)
			build->failed = true;
		buf_printf(resets, "%s=\n", d->key);
		STRV_FOREACH (word, words) {
			Named named = { unit, d, row, *word, unit_word_bare(d->key, *word) };
			_cleanup_free_ char *path = whole_path(&named);
			bool spared = path && !is_optional(&named) && may_be_missing(build, path);

			spare_word(lines, &named, spared);
			if (spared)
				note_spared(build, &named);
			any = any || spared;
		}
	}
	return any;
}

/* A unit does not start where a place that it is kept from is missing; "-" before the word says that it may be. */
void rules_spare_paths(PlanBuild *build, const FactUnit *unit, Buf *text)
{
	_cleanup_buf_ Buf resets = { 0 }, lines = { 0 };
	_cleanup_free_ char *reset = NULL, *line = NULL;

	if (!spare_lines(build, unit, &resets, &lines))
		return;
	if (buf_take(&resets, &reset, NULL) < 0 || buf_take(&lines, &line, NULL) < 0)
		build->failed = true;
	else
		buf_printf(text, "[%s]\n%s%s", unit_section(unit), reset, line);
}
