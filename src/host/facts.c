/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts as data: their end of life and the questions that plan/ asks of them. Reading them from a machine is elsewhere.
 */
#include "host/facts.h"

#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/knowledge.h"

#define FREE_ARRAY(array, count, done)                                                             \
	do {                                                                                       \
		for (size_t i_ = 0; i_ < (count); i_++)                                            \
			done(&(array)[i_]);                                                        \
		free(array);                                                                       \
	} while (0)

static void directive_done(FactDirective *directive)
{
	free(directive->section);
	free(directive->key);
	free(directive->value);
}

void fact_unit_done(FactUnit *unit)
{
	free(unit->name);
	free(unit->path);
	strv_free(unit->names);
	strv_free(unit->dropins);
	strv_free(unit->links);
	free(unit->init_script);
	free(unit->asked_as);
	free(unit->package);
	FREE_ARRAY(unit->directives, unit->n_directives, directive_done);
	*unit = (FactUnit){ 0 };
}

static void file_done(FactFile *file)
{
	free(file->path);
}

static void package_done(FactPackage *package)
{
	free(package->name);
	free(package->version);
	free(package->source);
	strv_free(package->depends);
	FREE_ARRAY(package->files, package->n_files, file_done);
}

static void account_done(FactAccount *account)
{
	free(account->name);
	free(account->gecos);
	free(account->home);
	free(account->shell);
	strv_free(account->members);
}

static void unowned_done(FactUnowned *unowned)
{
	free(unowned->path);
	free(unowned->link);
	free(unowned->package);
}

static void reference_done(FactReference *reference)
{
	free(reference->file);
	free(reference->path);
	free(reference->target);
}

void fact_program_done(FactProgram *program)
{
	free(program->unit);
	free(program->key);
	free(program->path);
	strv_free(program->paths);
	free(program->lacks);
	free(program->interpreter);
}

void fact_peer_done(FactPeer *peer)
{
	free(peer->where);
	free(peer->file);
	free(peer->holder);
	peer_mention_done(&peer->mention);
}

static void link_done(FactLink *link)
{
	free(link->path);
	free(link->target);
	free(link->text);
}

static void line_done(FactLine *line)
{
	free(line->file);
	free(line->text);
	free(line->package);
}

Facts *facts_free(Facts *facts)
{
	if (!facts)
		return NULL;
	(void)knowledge_free(facts->knowledge);
	free(facts->host_kind);
	free(facts->machine);
	strv_free(facts->manager_settings);
	strv_free(facts->lacked_controllers);
	strv_free(facts->own_addresses);
	strv_free(facts->named_addresses);
	strv_free(facts->run_paths);
	strv_free(facts->sysctls);
	strv_free(facts->hosts);
	free(facts->domain);
	free(facts->resolver);
	FREE_ARRAY(facts->units, facts->n_units, fact_unit_done);
	FREE_ARRAY(facts->packages, facts->n_packages, package_done);
	FREE_ARRAY(facts->accounts, facts->n_accounts, account_done);
	FREE_ARRAY(facts->unowned, facts->n_unowned, unowned_done);
	FREE_ARRAY(facts->references, facts->n_references, reference_done);
	FREE_ARRAY(facts->peers, facts->n_peers, fact_peer_done);
	free(facts->own_ports);
	FREE_ARRAY(facts->links, facts->n_links, link_done);
	FREE_ARRAY(facts->programs, facts->n_programs, fact_program_done);
	FREE_ARRAY(facts->certificates, facts->n_certificates, file_done);
	FREE_ARRAY(facts->tmpfiles, facts->n_tmpfiles, line_done);
	FREE_ARRAY(facts->sysusers, facts->n_sysusers, line_done);
	FREE_ARRAY(facts->key_certificates, facts->n_key_certificates, line_done);
	FREE_ARRAY(facts->patterns, facts->n_patterns, line_done);
	FREE_ARRAY(facts->applications, facts->n_applications, line_done);
	FREE_ARRAY(facts->mentions, facts->n_mentions, line_done);
	strv_free(facts->private_keys);
	strv_free(facts->named_accounts);
	strv_free(facts->etc);
	strv_free(facts->vendor_wants);
	strv_free(facts->foreign_generators);
	strv_free(facts->foreign_files);
	strv_free(facts->left_files);
	strv_free(facts->stranger_files);
	strv_free(facts->devices);
	strv_free(facts->missing_paths);
	free(facts->manager_problem);
	strv_free(facts->running_units);
	strv_free(facts->stale_units);
	free(facts);
	return NULL;
}

const char *facts_unit_get(const FactUnit *unit, const char *section, const char *key)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const FactDirective *d = &unit->directives[i];

		if (strcmp(d->key, key) == 0 && (!section || strcmp(d->section, section) == 0))
			return d->value;
	}
	return NULL;
}

bool facts_same_source(const Facts *facts, const FactPackage *package)
{
	if (package->direct)
		return true;
	for (size_t i = 0; i < facts->n_packages && package->source; i++) {
		const FactPackage *other = &facts->packages[i];

		if (other->direct && other->source && strcmp(other->source, package->source) == 0)
			return true;
	}
	return false;
}

const FactPackage *facts_package(const Facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_packages; i++)
		if (strcmp(facts->packages[i].name, name) == 0)
			return &facts->packages[i];
	return NULL;
}

const FactAccount *facts_account(const Facts *facts, const char *name, bool group)
{
	for (size_t i = 0; i < facts->n_accounts; i++)
		if (facts->accounts[i].group == group && strcmp(facts->accounts[i].name, name) == 0)
			return &facts->accounts[i];
	return NULL;
}

bool facts_has_unit(const Facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_units; i++)
		if (strv_contains(facts->units[i].names, name))
			return true;
	return false;
}

const FactLink *facts_link(const Facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->n_links; i++)
		if (strcmp(facts->links[i].path, path) == 0)
			return &facts->links[i];
	return NULL;
}

static bool below_one_of(const char *path, const char *const *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (path_is_below(path, places[i]))
			return true;
	return false;
}

bool facts_is_private(const char *path)
{
	static const char *const places[] = { "/etc", "/srv", "/var" };

	return below_one_of(path, places, ARRAY_SIZE(places));
}

bool facts_is_outside(const char *path)
{
	static const char *const places[] = { "/bin", "/dev", "/lib", "/lib32", "/lib64", "/libx32",
		"/proc", "/run", "/sbin", "/sys", "/tmp", "/usr" };

	return !facts_is_private(path) && !below_one_of(path, places, ARRAY_SIZE(places));
}

size_t fact_line_split(char *line, char *fields[FACT_LINE_FIELDS])
{
	size_t n = 0;
	char *c = line;

	while (n < FACT_LINE_FIELDS) {
		char quote = '\0';

		c += strspn(c, " \t");
		if (*c == '\0' || *c == '#')
			break;
		if (*c == '"' || *c == '\'')
			quote = *c++;
		fields[n++] = c;
		if (n == FACT_LINE_FIELDS && !quote)
			break;
		while (*c && (quote ? *c != quote : !isspace((unsigned char)*c)))
			c++;
		if (*c)
			*c++ = '\0';
	}
	return n;
}

const char *fact_line_field(char *const fields[], size_t n, size_t i)
{
	return i < n && strcmp(fields[i], "-") != 0 ? fields[i] : NULL;
}
