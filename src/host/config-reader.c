/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which texts of the host are read for what they name: configuration and scripts of packages, files that no package owns, units.
 */
#include "host/config-reader.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/config-reference.h"
#include "host/config-text.h"
#include "host/config-unit.h"
#include "host/host-read.h"

#define SCRIPTS "/var/lib/dpkg/info"
#define LINKS_MAX 8 /* of a chain; a longer one is a loop */

/* A value that is nothing but paths. */
static int read_place(const HostRoot *root, const char *file, const char *value, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };
	int r = config_text_parse_paths(value, &text_facts);

	STRV_FOREACH (path, text_facts.paths)
		if (r == 0)
			r = config_reference_add(root, file, *path, facts);
	return r;
}

/* A link of the configuration names what it leads to, as text would (/etc/mail/aliases -> ../aliases); that may be a link again. */
static int read_link(const HostRoot *root, const char *file, Facts *facts)
{
	_cleanup_free_ char *path = strdup(file);
	int r = path ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < LINKS_MAX && r == 0; i++) {
		_cleanup_free_ char *target = NULL, *next = NULL;

		r = host_root_readlink(root, path, &target);
		if (r < 0)
			return r == -ENOMEM ? r : 0; /* no link: the last one's end was added */
		next = path_of_link(path, target);
		if (!next)
			return errno == ENOMEM ? -ENOMEM : 0;
		if (!path_is_neighbour(file, next))
			r = read_place(root, file, next, facts);
		free(path);
		path = TAKE_PTR(next);
	}
	return r;
}

/* Those of a package of which several architectures may be installed have the name of theirs: libx1:amd64.postinst. -ENODATA: none. */
static int read_script_text(
	const HostRoot *root, const char *package, const char *kind, char **ret, size_t *ret_size)
{
	_cleanup_strv_ char **paths = NULL;
	_cleanup_free_ char *path = NULL, *pattern = NULL;
	int r;

	if (asprintf(&path, SCRIPTS "/%s.%s", package, kind) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&pattern, SCRIPTS "/%s:*.%s", package, kind) < 0) {
		pattern = NULL;
		return -ENOMEM;
	}
	r = config_reference_read_text(root, path, ret, ret_size);
	if (r != -ENODATA)
		return r;
	if (host_root_glob(root, pattern, &paths) < 0)
		return -ENOMEM;
	return paths ? config_reference_read_text(root, *paths, ret, ret_size) : -ENODATA;
}

/* The script that made a package's accounts names them. rpm keeps its scripts in the database, but its packages declare accounts in
 * sysusers.d. */
static int read_script(const HostRoot *root, const char *package, char *const *names, Facts *facts)
{
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r = read_script_text(root, package, "postinst", &text, &size);

	if (r < 0)
		return r == -ENODATA ? 0 : r;
	r = config_text_parse(text, size, names, &text_facts);
	STRV_FOREACH (word, text_facts.words)
		if (r == 0)
			r = strv_append_unique(&facts->named_accounts, *word);
	return r;
}

int config_reader_of_scripts(const HostRoot *root, const char *package, bool removal, char ***ret)
{
	static const char *const kinds[] = { "postrm", "config", "postinst" };
	_cleanup_(config_text_done) ConfigText text_facts = { 0 };

	for (size_t i = 0; i < (removal ? 1 : ARRAY_SIZE(kinds)); i++) {
		_cleanup_free_ char *text = NULL;
		size_t size = 0;
		int r = read_script_text(root, package, kinds[i], &text, &size);

		if (r == 0)
			r = config_text_parse(text, size, NULL, &text_facts);
		if (r < 0 && r != -ENODATA)
			return r;
	}
	*ret = TAKE_PTR(text_facts.paths);
	return 0;
}

int config_reader_account_names(const Facts *facts, char ***ret)
{
	_cleanup_strv_ char **names = NULL;

	for (size_t i = 0; i < facts->n_accounts; i++)
		if (strv_append(&names, facts->accounts[i].name) < 0)
			return -ENOMEM;
	if (names)
		strv_sort(names);
	*ret = TAKE_PTR(names);
	return 0;
}

static int read_package(
	const HostRoot *root, const FactPackage *package, char *const *names, Facts *facts)
{
	int r = read_script(root, package->name, names, facts);
	bool same_source = facts_same_source(facts, package);

	for (size_t i = 0; i < package->n_files && r == 0; i++) {
		const FactFile *file = &package->files[i];

		if (!same_source || !config_text_is_active(file->path))
			continue;
		if (file->type == FACT_FILE_REGULAR)
			r = config_reference_read_file(root, file->path, names, facts);
		else if (file->type == FACT_FILE_LINK)
			r = read_link(root, file->path, facts);
	}
	return r;
}

/* A directory that packages share and that is named after one of them is for its program (/etc/NAME.d), which no file says. */
static int read_drop_ins(const HostRoot *root, const FactPackage *package, Facts *facts)
{
	_cleanup_free_ char *path = NULL, *file = NULL;

	if (asprintf(&path, "/etc/%s.d", package->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&file, "package %s", package->name) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	return path_is_shared(root->knowledge, path) ? config_reference_add(root, file, path, facts)
						     : 0;
}

/* Configuration that names a file which the package's scripts make or remove: it is a part of it, wherever it lies (/etc/aliases,
 * /var/lib/NAME/db.list). */
static int mark_scripted(const HostRoot *root, const FactPackage *package, Facts *facts)
{
	_cleanup_strv_ char **paths = NULL;
	int r = config_reader_of_scripts(root, package->name, false, &paths);

	STRV_FOREACH (path, paths)
		for (size_t i = 0; i < facts->n_references; i++)
			if (facts->references[i].type == FACT_FILE_REGULAR &&
				config_reference_is_made_of(facts->references[i].path, *path))
				facts->references[i].conffile = true;
	return r;
}

/* A certificate with its key that a package's scripts made for the host, among the state of a service. A key alone may be one that something was signed with: only the
 * administrator can say what becomes of it. */
static int read_state_file(const HostRoot *root, const char *path, Facts *facts)
{
	static const char ending[] = ".pem", certificate[] = "-----BEGIN CERTIFICATE-----";
	_cleanup_free_ char *text = NULL;
	size_t n = strlen(path), size = 0;
	int r;

	if (n <= strlen(ending) || strcmp(path + n - strlen(ending), ending) != 0)
		return 0;
	r = config_reference_read_text(root, path, &text, &size);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	return config_text_is_private_key(text, size) &&
			       memmem(text, size, certificate, strlen(certificate))
		       ? config_reference_add(root, path, path, facts)
		       : 0;
}

typedef struct State {
	const HostRoot *root;
	const char *directory;
	Facts *facts;
} State;

static int visit_state(int fd, const char *name, unsigned char type, void *data)
{
	const State *state = data;
	_cleanup_free_ char *path = NULL;

	(void)fd;
	if (type != DT_REG)
		return 0;
	path = path_join(state->directory, name);
	return path ? read_state_file(state->root, path, state->facts) : -ENOMEM;
}

static int read_state(const HostRoot *root, const FactUnowned *u, Facts *facts)
{
	State state = { root, u->path, facts };

	if (u->type != FACT_FILE_DIRECTORY)
		return read_state_file(root, u->path, facts);
	/* What cannot be listed is not copied either. */
	return host_root_each(root, u->path, visit_state, &state) == -ENOMEM ? -ENOMEM : 0;
}

/* Whoever owns what the file names works on it: rotates its logs, runs its jobs. */
static int name_owners(const char *file, Facts *facts)
{
	for (size_t i = 0; i < facts->n_references; i++) {
		const FactReference *r = &facts->references[i];

		for (size_t j = 0;
			j < facts->n_accounts && r->uid != 0 && strcmp(r->file, file) == 0; j++)
			if (!facts->accounts[j].group && facts->accounts[j].id == r->uid &&
				strv_append_unique(
					&facts->named_accounts, facts->accounts[j].name) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int read_place_file(const HostRoot *root, const char *path, char *const *names, Facts *facts)
{
	int r = config_reference_read_file(root, path, names, facts);

	return r < 0 ? r : name_owners(path, facts);
}

/* /var/spool/cron/crontabs/alice, or /var/spool/cron/alice: is anything there in the container's packages or beside them? */
static bool is_known_place(const Facts *facts, const char *place)
{
	for (size_t i = 0; i < facts->n_unowned; i++)
		if (path_is_below(facts->unowned[i].path, place))
			return true;
	return false;
}

static int read_people(const HostRoot *root, const char *place, unsigned int depth,
	char *const *names, Facts *facts)
{
	_cleanup_strv_ char **entries = NULL;
	int r = host_root_list(root, place, &entries);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	STRV_FOREACH (entry, entries) {
		_cleanup_free_ char *path = path_join(place, *entry);

		if (!path)
			return -ENOMEM;
		if (facts_account(facts, *entry, false)) {
			r = strv_append_unique(&facts->named_accounts, *entry);
			if (r == 0)
				r = read_place_file(root, path, names, facts);
		} else if (depth == 0) {
			r = read_people(root, path, depth + 1, names, facts);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int config_reader_read_places(const HostRoot *root, char *const *files, Facts *facts)
{
	_cleanup_strv_ char **names = NULL;
	int r = config_reader_account_names(facts, &names);

	STRV_FOREACH (file, files)
		if (r == 0)
			r = read_place_file(root, *file, names, facts);
	KNOWLEDGE_FOREACH (kept, facts->knowledge, STANZA_KEPT_QUEUE, "path")
		if (r == 0 && is_known_place(facts, kept.value))
			r = read_people(root, kept.value, 0, names, facts);
	return r;
}

/* What the administrator names may be a link, too. */
int config_reader_read_named(const HostRoot *root, char *const *with, Facts *facts)
{
	STRV_FOREACH (path, with) {
		struct stat st;

		if (host_root_lstat(root, *path, &st) == 0 && S_ISLNK(st.st_mode) &&
			config_reference_add(root, FACT_NAMED, *path, facts) < 0)
			return -ENOMEM;
	}
	return 0;
}

int config_reader_read(const HostRoot *root, char *const *command, Facts *facts, Error **ret_error)
{
	_cleanup_strv_ char **names = NULL;
	int r = config_reader_account_names(facts, &names);

	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		r = read_package(root, &facts->packages[i], names, facts);
	for (size_t i = 0; i < facts->n_unowned && r == 0; i++) {
		const FactUnowned *u = &facts->unowned[i];

		if (path_is_below(u->path, "/var"))
			r = read_state(root, u, facts);
		if (r < 0 || u->type == FACT_FILE_DIRECTORY || !config_text_is_active(u->path))
			continue;
		r = config_reference_read_file(root, u->path, names, facts);
		if (r == 0 && u->type == FACT_FILE_LINK)
			r = read_link(root, u->path, facts);
	}
	for (size_t i = 0; i < facts->n_units && r == 0; i++)
		r = config_unit_read(root, &facts->units[i], names, facts);
	if (r == 0 && command)
		r = config_unit_read_command(root, command, names, facts);
	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		if (facts_same_source(facts, &facts->packages[i]))
			r = mark_scripted(root, &facts->packages[i], facts);
	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		if (facts->packages[i].direct)
			r = read_drop_ins(root, &facts->packages[i], facts);
	return r < 0 ? error_errno(ret_error, -r, "cannot read the configuration of the packages")
		     : 0;
}
