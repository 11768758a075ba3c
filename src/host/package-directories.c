/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which directories are a package's own, and which are a meeting place of many: a file that no package owns belongs to the service
 * in the first, and to nobody in the second.
 */
#include "host/host-read.h"

#include <fnmatch.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/host-links.h"

/* Is path the place, or below it? A place may have glob characters. */
static bool lies_in(const char *place, const char *path)
{
	while (*place && *place == *path) {
		place++;
		path++;
	}
	if (*place)
		return (*place == '*' || *place == '[') &&
		       fnmatch(place, path, FNM_LEADING_DIR) == 0;
	return *path == '/' || *path == '\0';
}

bool path_is_shared(const Knowledge *knowledge, const char *path)
{
	/* Asked of hundreds of paths: what lies elsewhere is passed over first. */
	STANZA_FOREACH (place, knowledge, STANZA_SHARED_PLACE)
		for (size_t i = 0; i < place->n_values; i++) {
			const StanzaValue *v = &place->values[i];

			if (lies_in(v->value, path) &&
				(strcmp(v->key, "path") == 0 || strcmp(v->value, path) == 0))
				return true;
		}
	return false;
}

bool path_is_neighbour(const char *a, const char *b)
{
	size_t n = strncmp(a, "/var/", strlen("/var/")) == 0
			   ? strlen("/var/") + strcspn(a + strlen("/var/"), "/") + 1
			   : strlen("/etc/");

	if (strlen(a) < n)
		return false;
	n += strcspn(a + n, "/");
	return a[n] == '/' && strncmp(a, b, n + 1) == 0;
}

/* The package with the most paths below a directory that packages share is the one whose directory it is, although others drop a file there. Is that one
 * of the marked? */
static int is_principal(
	const PackageIndex *packages, const char *directory, const bool *marked, bool *ret)
{
	_cleanup_free_ size_t *counts = calloc(packages->n_packages, sizeof(*counts));
	size_t most = 0, most_marked = 0;

	if (!counts)
		return -ENOMEM;
	for (size_t i = package_index_below(packages, directory, 0); i < packages->n_paths;
		i = package_index_below(packages, directory, i + 1)) {
		uint32_t package = packages->paths[i].package;

		counts[package]++;
		if (counts[package] > most)
			most = counts[package];
		if (marked[package] && counts[package] > most_marked)
			most_marked = counts[package];
	}
	*ret = most_marked == most;
	return 0;
}

int package_directories(const Reader *reader, const char *place, bool same_source, char ***ret)
{
	const PackageIndex *packages = &reader->packages;
	const bool *marked = same_source ? reader->same_source : reader->set;

	for (size_t i = package_index_below(packages, place, 0); i < packages->n_paths;
		i = package_index_below(packages, place, i + 1)) {
		const PackagePath *p = &packages->paths[i];
		bool principal;
		struct stat st;

		if (!marked[p->package] || path_is_below_any(p->path, *ret) ||
			path_is_shared(reader->root.knowledge, p->path))
			continue;
		if (host_links_lstat(&reader->root, p->path, reader->facts, &st) < 0 ||
			!S_ISDIR(st.st_mode))
			continue;
		if (is_principal(packages, p->path, marked, &principal) < 0)
			return -ENOMEM;
		if (principal && strv_append(ret, p->path) < 0)
			return -ENOMEM;
	}
	return 0;
}
