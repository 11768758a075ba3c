/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of packages, and of no package.
 */
#include "host/program-files.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"
#include "host/directives.h"
#include "host/package-index.h"
#include "host/unit-program.h"
#include "host/unit-words.h"

#define LOCAL "/usr/local" /* the administrator's own, of no package */

typedef struct Search {
	HostRoot root;
	PackageIndex index;
	bool *set; /* the packages that are needed */
	bool local; /* LOCAL, too */
	Buf paths;
	char **hidden;
} Search;

static void search_done(Search *search)
{
	host_root_done(&search->root);
	package_index_done(&search->index);
	free(search->set);
	buf_done(&search->paths);
	strv_free(search->hidden);
}

void program_files_done(ProgramFiles *files)
{
	free(files->paths);
	strv_free(files->hidden);
	*files = (ProgramFiles){};
}

/* ---- Packages ---- */

static int take_package(Search *search, const char *name)
{
	uint32_t package = package_index_find(&search->index, name);

	return package == PACKAGE_NONE ? 0
				       : package_index_close(&search->index, package, search->set);
}

static int take_owner(Search *search, const char *path)
{
	_cleanup_free_ char *canonical = host_root_canonical(&search->root, path);
	uint32_t owner = canonical ? package_index_owner(&search->index, canonical) : PACKAGE_NONE;

	if (!canonical)
		return -ENOMEM;
	return owner == PACKAGE_NONE ? 0 : package_index_close(&search->index, owner, search->set);
}

/* The package of a program, and of what its name is a link to. */
static int take_program(Search *search, const char *path)
{
	_cleanup_free_ char *real = NULL;
	int r = take_owner(search, path);

	if (r == 0 && host_root_realpath(&search->root, path, &real) == 0)
		r = take_owner(search, real);
	search->local =
		search->local || path_is_below(path, LOCAL) || (real && path_is_below(real, LOCAL));
	return r;
}

static int take_programs_of_unit(Search *search, const FactUnit *unit)
{
	for (size_t i = 0; i < unit->n_directives; i++) {
		const Directive *row = directive_find(unit->directives[i].key);
		_cleanup_strv_ char **words = NULL;
		_cleanup_free_ char *path = NULL;
		int r;

		if (!row || row->noun != NOUN_PROGRAM ||
			unit_directive_words(row->key, unit->directives[i].value, &words) < 0 ||
			!words)
			continue;
		path = unit_program_find(&search->root, unit, unit_word_bare(row->key, words[0]));
		r = path ? take_program(search, path) : -ENOMEM;
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_interpreters(Search *search, const Facts *facts)
{
	int r = 0;

	for (size_t i = 0; i < facts->n_programs && r == 0; i++) {
		const char *both = facts->programs[i].interpreter;
		const char *real = both ? strchr(both, ' ') : NULL;

		if (real)
			r = take_program(search, real + 1);
	}
	return r;
}

static int take_packages(
	Search *search, const Facts *facts, char *const *essential, char *const *programs)
{
	int r = 0;

	STRV_FOREACH (name, essential)
		if (r == 0)
			r = take_package(search, *name);
	for (size_t i = 0; i < facts->n_packages && r == 0; i++)
		r = take_package(search, facts->packages[i].name);
	for (size_t i = 0; i < facts->n_units && r == 0; i++)
		r = take_programs_of_unit(search, &facts->units[i]);
	for (size_t i = 0; i < facts->n_applications && r == 0; i++)
		r = take_owner(search, facts->applications[i].text);
	if (r == 0)
		r = take_interpreters(search, facts);
	STRV_FOREACH (program, programs)
		if (r == 0)
			r = take_program(search, *program);
	return r;
}

/* ---- Files ---- */

/* The ids of the host mean nothing in the container: what not everybody can read, it cannot, and the host's root, who packs it, must not give it away. */
static bool is_hidden(const struct stat *st)
{
	return !S_ISLNK(st->st_mode) && !(st->st_mode & (S_ISDIR(st->st_mode) ? S_IXOTH : S_IROTH));
}

static bool below_hidden(const Search *search, const char *path)
{
	STRV_FOREACH (hidden, search->hidden)
		if (path_is_below(path, *hidden))
			return true;
	return false;
}

/* 1 if it was added, 0 if it is left out, or -ENOMEM. */
static int add(Search *search, const char *path, const struct stat *st)
{
	/* the list has one a line, and no package has such a file */
	if (is_hidden(st) || strchr(path, '\n'))
		return strv_append(&search->hidden, path);
	buf_puts(&search->paths, path + 1); /* below the root */
	buf_puts(&search->paths, "\n");
	return 1;
}

/* With all below it on the same file system. device: of its parent; 0: it has none that counts. */
static int add_tree(Search *search, const char *path, dev_t device)
{
	_cleanup_strv_ char **names = NULL;
	struct stat st;
	int r;

	if (host_root_lstat(&search->root, path, &st) < 0 || (device != 0 && st.st_dev != device))
		return 0;
	r = add(search, path, &st);
	if (r <= 0 || !S_ISDIR(st.st_mode))
		return r < 0 ? r : 0;
	r = host_root_list(&search->root, path, &names);
	if (r < 0) /* not even the host's root can read it */
		return r == -ENOMEM ? r : strv_append(&search->hidden, path);
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *below = path_join(path, *name);

		r = below ? add_tree(search, below, st.st_dev) : -ENOMEM;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Whose is it: are all of its owners needed, some of them, none? */
typedef struct Ownership {
	bool some, all;
	size_t next; /* the first entry of another path */
} Ownership;

static Ownership owners_at(const Search *search, size_t i)
{
	const PackagePath *paths = search->index.paths;
	Ownership found = { .all = true, .next = i };

	for (; found.next < search->index.n_paths &&
		strcmp(paths[found.next].path, paths[i].path) == 0;
		found.next++) {
		found.some = found.some || search->set[paths[found.next].package];
		found.all = found.all && search->set[paths[found.next].package];
	}
	return found;
}

/* A link of no package that leads to something that is needed: alternatives, libraries by their sonames. */
static bool leads_to_ours(const Search *search, const char *path)
{
	_cleanup_free_ char *real = NULL;
	size_t i;

	if (host_root_realpath(&search->root, path, &real) < 0)
		return false;
	i = package_index_first(&search->index, real);
	return i < search->index.n_paths && strcmp(search->index.paths[i].path, real) == 0 &&
	       owners_at(search, i).some;
}

/* What no package owns, in a directory that one does. */
static int add_unowned(Search *search, const char *directory, bool all)
{
	_cleanup_strv_ char **names = NULL;

	if (host_root_list(&search->root, directory, &names) < 0)
		return 0; /* not even the host's root can read it */
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = path_join(directory, *name);
		struct stat st;

		if (!path)
			return -ENOMEM;
		if (package_index_owner(&search->index, path) != PACKAGE_NONE ||
			host_root_lstat(&search->root, path, &st) < 0)
			continue;
		if (all || (S_ISLNK(st.st_mode) && leads_to_ours(search, path))) {
			int r = add_tree(search, path, 0);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int add_files(Search *search)
{
	for (size_t i = 0, next; i < search->index.n_paths; i = next) {
		const char *path = search->index.paths[i].path;
		Ownership owners = owners_at(search, i);
		struct stat st;
		int r = 0;

		next = owners.next;
		/* Documentation that the host's dpkg does not unpack is listed, and missing. */
		if (!owners.some || below_hidden(search, path) ||
			host_root_lstat(&search->root, path, &st) < 0)
			continue;
		r = add(search, path, &st);
		if (r > 0 && S_ISDIR(st.st_mode))
			r = add_unowned(search, path, owners.all);
		if (r < 0)
			return r;
	}
	return search->local ? add_tree(search, LOCAL, 0) : 0;
}

static int give(Search *search, ProgramFiles *ret, Error **ret_error)
{
	_cleanup_program_files_ ProgramFiles files = {};
	const PackageIndex *index = &search->index;
	int r;

	for (size_t i = 0; i < index->n_packages; i++)
		files.n_packages += search->set[i];
	r = buf_take(&search->paths, &files.paths, ret_error);
	if (r < 0)
		return r;
	files.hidden = TAKE_PTR(search->hidden);
	*ret = files;
	files = (ProgramFiles){};
	return 0;
}

int program_files_read(const Facts *facts, char *const *programs, char *const *shared,
	ProgramFiles *ret, Error **ret_error)
{
	_cleanup_(search_done) Search search = { .root.fd = -EBADF };
	_cleanup_strv_ char **essential = NULL;
	int r = host_root_open(&search.root, NULL, ret_error);

	if (r == 0)
		r = package_index_load_programs(&search.root, &search.index, &essential, ret_error);
	if (r < 0)
		return r;
	search.set = calloc(search.index.n_packages + 1, sizeof(*search.set));
	if (!search.set || take_packages(&search, facts, essential, programs) < 0)
		return error_oom(ret_error);
	r = add_files(&search);
	STRV_FOREACH (directory, shared)
		if (r == 0)
			r = add_tree(&search, *directory, 0);
	return r < 0 ? error_oom(ret_error) : give(&search, ret, ret_error);
}
