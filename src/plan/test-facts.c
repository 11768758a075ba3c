/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts from text. A line that begins with two blanks belongs to the unit or package above it.
 */
#include "plan/test-facts.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "host/knowledge.h"

static const char *const type_names[] = {
	[FACT_FILE_REGULAR] = "file",
	[FACT_FILE_DIRECTORY] = "dir",
	[FACT_FILE_LINK] = "link",
	[FACT_FILE_OTHER] = "other",
	[FACT_FILE_MISSING] = "missing",
};

/* A zeroed element at the end of an array of facts. */
#define APPEND(array, n)                                                                           \
	({                                                                                         \
		(array) = reallocarray(array, (n) + 1, sizeof(*(array)));                          \
		if (!(array))                                                                      \
			abort();                                                                   \
		memset(&(array)[n], 0, sizeof(*(array)));                                          \
		&(array)[(n)++];                                                                   \
	})

static int type_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
		if (strcmp(type_names[i], name) == 0)
			return (int)i;
	return -1;
}

static bool parse_directive(FactUnit *unit, const char *line)
{
	FactDirective *d = APPEND(unit->directives, unit->n_directives);
	char *value = NULL;

	if (sscanf(line, "[%m[^]]] %m[^=]=%n", &d->section, &d->key, &(int){ 0 }) < 2)
		return false;
	value = strchr(strchr(line, ']'), '=');
	d->value = strdup(value + 1);
	return true;
}

static bool parse_unit_line(FactUnit *unit, const char *line)
{
	char word[32], value[4096];

	if (*line == '[')
		return parse_directive(unit, line);
	if (sscanf(line, "%31s %4095s", word, value) != 2)
		return false;
	if (strcmp(word, "path") == 0)
		unit->path = strdup(value);
	else if (strcmp(word, "name") == 0)
		return strv_append(&unit->names, value) == 0;
	else if (strcmp(word, "dropin") == 0)
		return strv_append(&unit->dropins, value) == 0;
	else if (strcmp(word, "link") == 0)
		return strv_append(&unit->links, value) == 0;
	else if (strcmp(word, "init-script") == 0)
		unit->init_script = strdup(value);
	else if (strcmp(word, "package") == 0)
		unit->package = strdup(value);
	else
		return false;
	return true;
}

static bool parse_package_line(FactPackage *package, const char *line)
{
	char word[32], value[4096], flag[32] = "";
	FactFile *file;

	if (sscanf(line, "%31s %4095s %31s", word, value, flag) < 2)
		return false;
	if (strcmp(word, "depends") == 0)
		return strv_append(&package->depends, value) == 0;
	if (type_of(word) < 0)
		return false;
	file = APPEND(package->files, package->n_files);
	*file = (FactFile){ strdup(value), (FactFileType)type_of(word),
		strcmp(flag, "conffile") == 0 };
	return true;
}

static bool parse_unit(Facts *facts, const char *line)
{
	FactUnit *unit = APPEND(facts->units, facts->n_units);

	unit->asked = strstr(line, " asked") != NULL;
	return sscanf(line, "unit %ms", &unit->name) == 1;
}

static bool parse_package(Facts *facts, const char *line)
{
	FactPackage *p = APPEND(facts->packages, facts->n_packages);

	p->direct = strstr(line, " direct") != NULL;
	return sscanf(line, "package %ms %ms source=%ms", &p->name, &p->version, &p->source) == 3;
}

static bool parse_user(Facts *facts, const char *line)
{
	FactAccount *a = APPEND(facts->accounts, facts->n_accounts);
	int n = sscanf(line, "user %ms %u:%u \"%m[^\"]\" %ms %ms", &a->name, &a->id, &a->gid,
		&a->gecos, &a->home, &a->shell);

	if (n == 3) /* an empty comment */
		n += sscanf(strstr(line, "\"\"") ? strstr(line, "\"\"") : "", "\"\" %ms %ms",
			     &a->home, &a->shell) +
		     1;
	return n == 6;
}

static bool parse_group(Facts *facts, const char *line)
{
	FactAccount *a = APPEND(facts->accounts, facts->n_accounts);
	char members[1024] = "";

	a->group = true;
	return sscanf(line, "group %ms %u %1023s", &a->name, &a->id, members) >= 2 &&
	       strv_split(&a->members, members, ",") == 0;
}

static bool parse_unowned(Facts *facts, const char *line)
{
	FactUnowned *u = APPEND(facts->unowned, facts->n_unowned);
	const char *arrow = strstr(line, " -> "), *package = strstr(line, " package=");
	char type[16];

	if (sscanf(line, "unowned %15s %ms %o %u:%u", type, &u->path, &u->mode, &u->uid, &u->gid) !=
			5 ||
		type_of(type) < 0)
		return false;
	u->type = (FactFileType)type_of(type);
	u->conffile = strstr(line, " conffile") != NULL;
	return (!arrow || sscanf(arrow, " -> %ms", &u->link) == 1) &&
	       (!package || sscanf(package, " package=%ms", &u->package) == 1);
}

static bool parse_reference(Facts *facts, const char *line)
{
	FactReference *r = APPEND(facts->references, facts->n_references);
	char type[16];

	if (sscanf(line, "reference %ms in %m[^:]: %15s %o %u:%u", &r->path, &r->file, type,
		    &r->mode, &r->uid, &r->gid) != 6 ||
		type_of(type) < 0)
		return false;
	r->type = (FactFileType)type_of(type);
	r->private_key = strstr(line, " private-key") != NULL;
	r->conffile = strstr(line, " conffile") != NULL;
	if (strstr(line, " -> "))
		r->target = strdup(strstr(line, " -> ") + 4);
	return true;
}

static bool parse_link(Facts *facts, const char *line)
{
	FactLink *link = APPEND(facts->links, facts->n_links);

	link->moved = strstr(line, " moved") != NULL;
	return sscanf(line, "link %ms -> %ms as %ms", &link->path, &link->target, &link->text) == 3;
}

static bool parse_program(Facts *facts, const char *line)
{
	FactProgram *program = APPEND(facts->programs, facts->n_programs);
	_cleanup_strv_ char **words = NULL;

	if (strv_split(&words, line, " ") < 0 || strv_length(words) < 4)
		return false;
	program->unit = strdup(words[1]);
	program->key = strdup(words[2]);
	program->path = strdup(words[3]);
	STRV_FOREACH (word, words + 4) {
		if (strcmp(*word, "missing") == 0)
			program->missing = true;
		else if (strcmp(*word, "foreign") == 0)
			program->foreign = true;
		else if (strcmp(*word, "unfit") == 0)
			program->unfit = true;
		else if (strncmp(*word, "lacks=", 6) == 0)
			program->lacks = strdup(*word + 6);
		else if (strncmp(*word, "needs=", 6) == 0 &&
			 strv_append(&program->paths, *word + 6) < 0)
			return false;
	}
	return true;
}

static bool parse_certificate(Facts *facts, const char *line)
{
	FactFile *file = APPEND(facts->certificates, facts->n_certificates);
	char type[16];

	if (sscanf(line, "certificate %15s %ms", type, &file->path) != 2 || type_of(type) < 0)
		return false;
	file->type = (FactFileType)type_of(type);
	return true;
}

static bool parse_fact_line(FactLine **lines, size_t *n, const char *line)
{
	FactLine *fact = APPEND(*lines, *n);
	const char *text = strstr(line, "): ");

	if (!text || sscanf(line, "%*s %ms (%m[^)]", &fact->file, &fact->package) != 2)
		return false;
	fact->text = strdup(text + 3);
	return true;
}

static bool parse_word(const char *line, const char *what, char ***list)
{
	size_t n = strlen(what);

	return strncmp(line, what, n) == 0 && line[n] == ' ' &&
	       strv_append(list, line + n + 1) == 0;
}

static bool parse_top(Facts *facts, const char *line)
{
	if (strncmp(line, "unit ", 5) == 0)
		return parse_unit(facts, line);
	if (strncmp(line, "package ", 8) == 0)
		return parse_package(facts, line);
	if (strncmp(line, "user ", 5) == 0)
		return parse_user(facts, line);
	if (strncmp(line, "group ", 6) == 0)
		return parse_group(facts, line);
	if (strncmp(line, "unowned ", 8) == 0)
		return parse_unowned(facts, line);
	if (strncmp(line, "reference ", 10) == 0)
		return parse_reference(facts, line);
	if (strncmp(line, "link ", 5) == 0)
		return parse_link(facts, line);
	if (strncmp(line, "program ", 8) == 0)
		return parse_program(facts, line);
	if (strncmp(line, "certificate ", 12) == 0)
		return parse_certificate(facts, line);
	if (strncmp(line, "tmpfiles ", 9) == 0)
		return parse_fact_line(&facts->tmpfiles, &facts->n_tmpfiles, line);
	if (strncmp(line, "sysusers ", 9) == 0)
		return parse_fact_line(&facts->sysusers, &facts->n_sysusers, line);
	if (strncmp(line, "host ", 5) == 0)
		return (facts->host_kind = strdup(line + 5)) != NULL;
	facts->resolver_local = facts->resolver_local || strncmp(line, "local-", 6) == 0;
	if (sscanf(line, "resolver %ms", &facts->resolver) == 1 ||
		sscanf(line, "local-resolver %ms", &facts->resolver) == 1)
		return true;
	if (sscanf(line, "domain %ms", &facts->domain) == 1)
		return true;
	if (strncmp(line, "manager-problem ", 16) == 0)
		return (facts->manager_problem = strdup(line + 16)) != NULL;
	if (strncmp(line, "machine ", 8) == 0)
		return (facts->machine = strdup(line + 8)) != NULL;
	return parse_word(line, "private-key", &facts->private_keys) ||
	       parse_word(line, "named-account", &facts->named_accounts) ||
	       parse_word(line, "etc", &facts->etc) ||
	       parse_word(line, "vendor-wants", &facts->vendor_wants) ||
	       parse_word(line, "foreign-generator", &facts->foreign_generators) ||
	       parse_word(line, "foreign-file", &facts->foreign_files) ||
	       parse_word(line, "left-file", &facts->left_files) ||
	       parse_word(line, "stranger-file", &facts->stranger_files) ||
	       parse_word(line, "device", &facts->devices) ||
	       parse_word(line, "manager", &facts->manager_settings) ||
	       parse_word(line, "sysctl", &facts->sysctls) ||
	       parse_word(line, "hosts", &facts->hosts) ||
	       parse_word(line, "missing-path", &facts->missing_paths) ||
	       parse_word(line, "named-address", &facts->named_addresses) ||
	       parse_word(line, "run-path", &facts->run_paths) ||
	       parse_word(line, "lacked-controller", &facts->lacked_controllers) ||
	       parse_word(line, "running-unit", &facts->running_units) ||
	       parse_word(line, "stale-unit", &facts->stale_units);
}

int test_facts_parse(const char *text, Facts **ret, Error **ret_error)
{
	_cleanup_facts_ Facts *facts = calloc(1, sizeof(*facts));
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *rules = NULL;
	bool unit = false;

	if (!facts || strv_split(&lines, text, "\n") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (line, lines) {
		bool ok;

		if (**line == '#')
			continue;
		if (strncmp(*line, "  ", 2) != 0) {
			unit = strncmp(*line, "unit ", 5) == 0;
			ok = parse_top(facts, *line);
		} else if (unit) {
			ok = parse_unit_line(&facts->units[facts->n_units - 1], *line + 2);
		} else {
			ok = facts->n_packages > 0 &&
			     parse_package_line(&facts->packages[facts->n_packages - 1], *line + 2);
		}
		if (!ok)
			return error_set(ret_error, EINVAL, "not a fact: %s", *line);
	}
	if (asprintf(&rules, "%s/rules.d", getenv("SOURCE_ROOT")) < 0 ||
		knowledge_load_from(rules, NULL, &facts->knowledge, ret_error) < 0)
		return -EINVAL;
	*ret = TAKE_PTR(facts);
	return 0;
}
