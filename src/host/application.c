/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an application names beside its configuration: data that its own files speak of, which only a reader of the whole program could be sure of, and packages whose
 * files below /usr others show. Neither comes along unasked; that it does not is told.
 */
#include "host/host-read.h"

#include <dirent.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/config-reader.h"
#include "host/config-reference.h"
#include "host/config-text.h"

#define FILES_MAX                                                                                  \
	1024 /* of one application that are read: its own come before those of its libraries, which lie deeper */
#define FILE_TEXT_MAX (128u * 1024) /* bytes; program text that a person wrote */
#define ENTRIES_MAX 8192 /* of one application that are looked at */

typedef struct Walk {
	Reader *reader;
	char **directories; /* yet to be listed, those of one depth after those of the one above */
	const char *directory; /* that is listed */
	size_t n_files, n_entries;
} Walk;

static int mention(Walk *walk, const char *file, const char *path)
{
	Facts *facts = walk->reader->facts;
	struct stat st;

	for (size_t i = 0; i < facts->n_references; i++)
		if (strcmp(facts->references[i].path, path) == 0)
			return 0;
	if (package_index_owner(&walk->reader->packages, path) != PACKAGE_NONE ||
		host_root_lstat(&walk->reader->root, path, &st) < 0)
		return 0;
	return config_reference_add_line(file, path, NULL, &facts->mentions, &facts->n_mentions);
}

static int read_text(Walk *walk, const char *path)
{
	_cleanup_(config_text_done) ConfigText named = { 0 };
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t size = 0;
	int r;

	if (host_root_lstat(&walk->reader->root, path, &st) < 0 || st.st_size > FILE_TEXT_MAX)
		return 0;
	r = config_reference_read_text(&walk->reader->root, path, &text, &size);
	if (r < 0 || memchr(text, '\0', size))
		return r == -ENOMEM ? r : 0;
	r = config_text_parse(text, size, NULL, &named);
	STRV_FOREACH (p, named.paths)
		if (r == 0)
			r = mention(walk, path, *p);
	STRV_FOREACH (p, named.elsewhere)
		if (r == 0 && strchr(*p + 1, '/')) /* "/login" is a part of an address */
			r = mention(walk, path, *p);
	return r;
}

/* Links are left alone: an application is writable by those whom it serves. */
static int visit(int fd, const char *name, unsigned char type, void *data)
{
	Walk *walk = data;
	_cleanup_free_ char *path = NULL;

	(void)fd;
	if (name[0] == '.' || (type != DT_REG && type != DT_DIR) || walk->n_entries >= ENTRIES_MAX)
		return 0;
	walk->n_entries++;
	path = path_join(walk->directory, name);
	if (!path)
		return -ENOMEM;
	if (type == DT_DIR)
		return strv_append(&walk->directories, path);
	return walk->n_files++ < FILES_MAX ? read_text(walk, path) : 0;
}

static int read_tree(Reader *reader, const char *top)
{
	Walk walk = { .reader = reader };
	int r = strv_append(&walk.directories, top);

	for (size_t i = 0; r == 0 && walk.directories[i] && walk.n_files < FILES_MAX; i++) {
		walk.directory = walk.directories[i];
		if (host_root_each(&reader->root, walk.directory, visit, &walk) ==
			-ENOMEM) /* what cannot be listed is not copied either */
			r = -ENOMEM;
	}
	strv_free(walk.directories);
	return r;
}

/* The application that a path is a part of: /srv/X, /opt/X or /var/www/X, newly allocated; NULL: none. */
static char *top_of(const char *path)
{
	static const char *const places[] = { "/srv/", "/opt/", "/var/www/" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(path, places[i], n) == 0)
			return strndup(path, n + strcspn(path + n, "/"));
	}
	return NULL;
}

static int read_trees(Reader *reader)
{
	_cleanup_strv_ char **tops = NULL;
	int r = 0;

	for (size_t i = 0; i < reader->facts->n_references && r == 0; i++) {
		_cleanup_free_ char *top = top_of(reader->facts->references[i].path);

		if (top)
			r = strv_append_unique(&tops, top);
	}
	STRV_FOREACH (top, tops)
		if (r == 0)
			r = read_tree(reader, *top);
	return r;
}

static bool has_content(const PackageIndex *packages, uint32_t package)
{
	for (size_t i = package_index_below(packages, "/etc", 0); i < packages->n_paths;
		i = package_index_below(packages, "/etc", i + 1))
		if (packages->paths[i].package == package && packages->paths[i].conffile)
			return true;
	for (size_t i = package_index_below(packages, "/var/lib", 0); i < packages->n_paths;
		i = package_index_below(packages, "/var/lib", i + 1))
		if (packages->paths[i].package == package &&
			strcmp(packages->paths[i].path, "/var/lib") != 0)
			return true;
	return false;
}

/* The package with content of its own that keeps its files in a directory of its name, unless it is inside. */
static const char *package_of_place(const Reader *reader, const char *place)
{
	const PackageIndex *packages = &reader->packages;
	const char *name = path_base(place), *found = NULL;

	for (uint32_t i = 0; i < packages->n_packages; i++) {
		const Package *p = &packages->packages[i];
		bool same = strcmp(p->name, name) == 0;

		if (!same && strcmp(p->source, name) != 0)
			continue;
		if (reader->set[i])
			return NULL;
		if ((same || !found) && has_content(packages, i))
			found = p->name;
	}
	return found;
}

static int find_packages(Reader *reader)
{
	Facts *facts = reader->facts;
	size_t n = facts->n_applications;

	facts->n_applications = 0;
	for (size_t i = 0; i < n; i++) {
		FactLine *line = &facts->applications[i];
		const char *package = package_of_place(reader, line->text);

		if (package) {
			line->package = strdup(package);
			facts->applications[facts->n_applications++] = *line;
			if (!line->package)
				return -ENOMEM;
			continue;
		}
		free(line->file);
		free(line->text);
	}
	return 0;
}

/* What a pattern fits is configuration as what names it is, unless it is of a package that the container has not got. */
static int read_match(const Reader *reader, const char *file, const char *path, char *const *names)
{
	uint32_t owner = package_index_owner(&reader->packages, path);
	int r;

	if (owner != PACKAGE_NONE && !reader->set[owner])
		return 0;
	r = config_reference_add(&reader->root, file, path, reader->facts);
	return r == 0 && config_text_is_active(path) && owner == PACKAGE_NONE
		       ? config_reference_read_file(&reader->root, path, names, reader->facts)
		       : r;
}

static int read_pattern(const Reader *reader, size_t at, char *const *names)
{
	_cleanup_free_ char *file = strdup(reader->facts->patterns[at].file),
			    *pattern = strdup(reader->facts->patterns[at]
						      .text); /* they move when there are more */
	_cleanup_strv_ char **paths = NULL;
	size_t fixed;
	int r = 0;

	if (!file || !pattern)
		return -ENOMEM;
	if (!strpbrk(pattern, "$%{"))
		r = host_root_glob(&reader->root, pattern, &paths);
	STRV_FOREACH (path, paths)
		if (r == 0 && path_is_normal(*path))
			r = read_match(reader, file, *path, names);
	fixed = strcspn(pattern, "*?[$%{");
	while (fixed > 1 && pattern[fixed - 1] != '/')
		fixed--;
	pattern[fixed] = '\0';
	if (r == 0 && fixed > 1) {
		_cleanup_free_ char *inside = path_join(pattern, "x"),
				    *path = inside ? path_normalize(inside) : NULL;

		r = path ? config_reference_add_place(&reader->root, file, path, reader->facts) : 0;
	}
	return r;
}

static int read_patterns(const Reader *reader)
{
	_cleanup_strv_ char **names = NULL;
	int r = config_reader_account_names(reader->facts, &names);

	for (size_t i = 0; i < reader->facts->n_patterns && r == 0; i++)
		r = read_pattern(reader, i, names);
	return r;
}

int application_read(Reader *reader, Error **ret_error)
{
	return read_patterns(reader) < 0 || read_trees(reader) < 0 || find_packages(reader) < 0
		       ? error_oom(ret_error)
		       : 0;
}
