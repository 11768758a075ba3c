/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Packages that extend a service without being needed by it: modules, plug-ins, snippets of configuration.
 */
#include "host/host-read.h"

#include <dirent.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"

static void mark_same_source(Reader *reader)
{
	const PackageIndex *packages = &reader->packages;

	for (size_t i = 0; i < packages->n_packages; i++)
		for (size_t j = 0; reader->direct[i] && j < packages->n_packages; j++)
			if (reader->set[j] && strcmp(packages->packages[i].source,
						      packages->packages[j].source) == 0)
				reader->same_source[j] = true;
}

/* Does a file with this path lie in a directory that one of same_source lists? */
static int lies_with_same_source(const Reader *reader, const char *path, bool *ret)
{
	const PackageIndex *packages = &reader->packages;
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - 1 - path));

	if (!parent)
		return -ENOMEM;
	*ret = false;
	for (size_t i = package_index_first(packages, parent);
		i < packages->n_paths && strcmp(packages->paths[i].path, parent) == 0; i++)
		*ret = *ret || reader->same_source[packages->paths[i].package];
	return 0;
}

/* Packages with a file in one of the directories, in their lists or in the registry of ucf, beside those of same_source. A directory of
 * their own below it does not count: it is no part of their neighbour. */
static int mark_present(const Reader *reader, char *const *directories, bool *present)
{
	const Ucf *ucf = &reader->ucf;
	const PackageIndex *packages = &reader->packages;

	STRV_FOREACH (directory, directories)
		for (size_t i = package_index_below(packages, *directory, 0); i < packages->n_paths;
			i = package_index_below(packages, *directory, i + 1)) {
			const PackagePath *p = &packages->paths[i];

			if (present[p->package] ||
				package_index_below(packages, p->path, 0) < packages->n_paths)
				continue;
			if (lies_with_same_source(reader, p->path, &present[p->package]) < 0)
				return -ENOMEM;
		}
	for (size_t i = 0; i < ucf->n; i++) {
		uint32_t package = package_index_find(packages, ucf->entries[i].package);

		if (package == PACKAGE_NONE || present[package] ||
			!path_is_below_any(ucf->entries[i].path, directories))
			continue;
		if (lies_with_same_source(reader, ucf->entries[i].path, &present[package]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int depends_on_same_source(const Reader *reader, uint32_t package, bool *ret)
{
	_cleanup_strv_ char **names = NULL;

	if (strv_split(&names, reader->packages.packages[package].depends, " ") < 0)
		return -ENOMEM;
	*ret = false;
	STRV_FOREACH (name, names) {
		uint32_t needed = package_index_find(&reader->packages, *name);

		*ret = *ret || (needed != PACKAGE_NONE && reader->same_source[needed]);
	}
	return 0;
}

typedef struct Linked {
	const Reader *reader;
	const char *directory;
	unsigned int depth;
	bool *packages; /* marked */
} Linked;

static void mark_target(const Linked *linked, const char *path, const char *target)
{
	const PackageIndex *packages = &linked->reader->packages;
	_cleanup_free_ char *absolute = path_of_link(path, target);
	uint32_t owner = absolute ? package_index_owner(packages, absolute) : PACKAGE_NONE;

	if (owner != PACKAGE_NONE && path_is_below(absolute, "/etc") &&
		!path_is_shared(linked->reader->root.knowledge, absolute))
		linked->packages[owner] = true;
}

/* Links of the service's directories that no package owns  mark the owner of what they lead to. */
static int mark_linked(int fd, const char *name, unsigned char type, void *data)
{
	const Linked *linked = data;
	_cleanup_free_ char *path = NULL, *target = NULL;
	int r;

	if (type == DT_REG)
		return 0;
	path = path_join(linked->directory, name);
	if (!path)
		return -ENOMEM;
	r = host_root_link_at(fd, name, type, &target);
	if (r < 0)
		return r;
	if (target)
		mark_target(linked, path, target);
	if (target || linked->depth == 1)
		return 0;
	/* Where it is no directory, or unreadable, nobody enabled anything. */
	r = host_root_each(&linked->reader->root, path, mark_linked,
		&(Linked){ linked->reader, path, linked->depth - 1, linked->packages });
	return r == -ENOMEM ? r : 0;
}

/* "web" beside web-common, which has the unit: the package of the same source with the name of the unit is the program. */
static bool is_program(const Reader *reader, uint32_t number)
{
	const Package *package = &reader->packages.packages[number];
	const Facts *facts = reader->facts;

	for (size_t i = 0; i < facts->n_units; i++) {
		const FactUnit *unit = &facts->units[i];
		uint32_t owner = unit->package
					 ? package_index_find(&reader->packages, unit->package)
					 : PACKAGE_NONE;
		size_t n = strcspn(unit->name, "@.");

		if (unit->asked && owner != PACKAGE_NONE &&
			strncmp(package->name, unit->name, n) == 0 && package->name[n] == '\0' &&
			strcmp(package->source, reader->packages.packages[owner].source) == 0)
			return true;
	}
	return false;
}

static int add_extensions(Reader *reader, const bool *present, const bool *linked)
{
	_cleanup_free_ bool *found = calloc(reader->packages.n_packages + 1, sizeof(*found));

	if (!found)
		return -ENOMEM;
	for (uint32_t i = 0; i < reader->packages.n_packages; i++) {
		found[i] = linked[i];
		if ((present[i] || is_program(reader, i)) && !found[i] &&
			depends_on_same_source(reader, i, &found[i]) < 0)
			return -ENOMEM;
	}
	/* Only now, so that an extension does not bring its own extensions. */
	for (uint32_t i = 0; i < reader->packages.n_packages; i++) {
		if (!found[i])
			continue;
		reader->same_source[i] = true;
		if (package_index_close(&reader->packages, i, reader->set) < 0)
			return -ENOMEM;
	}
	return 0;
}

int extensions_find(Reader *reader, Error **ret_error)
{
	_cleanup_free_ bool *present = calloc(reader->packages.n_packages + 1, sizeof(*present));
	_cleanup_free_ bool *linked = calloc(reader->packages.n_packages + 1, sizeof(*linked));
	_cleanup_strv_ char **directories = NULL;

	if (!present || !linked)
		return error_oom(ret_error);
	mark_same_source(reader);
	if (package_directories(reader, "/etc", true, &directories) < 0 ||
		mark_present(reader, directories, present) < 0)
		return error_oom(ret_error);
	STRV_FOREACH (directory, directories)
		if (host_root_each(&reader->root, *directory, mark_linked,
			    &(Linked){ reader, *directory, UNOWNED_DEPTH_MAX, linked }) == -ENOMEM)
			return error_oom(ret_error);
	return add_extensions(reader, present, linked) < 0 ? error_oom(ret_error) : 0;
}
