/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The installed packages as one index in memory: names, versions, resolved dependencies, and the owners of those paths that a
 * container's content is made of. Filled by the driver of the host's package database, kept on disk, sorted,
 * until the state of the database changes.
 */
#pragma once

#include "base/buf.h"
#include "host/host-root.h"

#define PACKAGES_MAX 65536 /* installed packages */
#define PACKAGE_PATHS_MAX 2000000 /* paths of all of them that we keep */

typedef bool (*PackageWants)(const char *path);

/* One package database. Adding one: its file, and its row in the table of package-index.c. */
typedef struct PackageDriver {
	const char *name; /* "dpkg": Facts.host_kind */
	bool (*present)(const HostRoot *root);
	/* Appends what changes whenever the database does. 0 or a negative errno. */
	int (*state)(const HostRoot *root, Buf *key);
	/* Appends the database as lines: "package<TAB>NAME<TAB>VERSION<TAB>SOURCE<TAB>DEPENDENCY DEPENDENCY", each followed by its paths for which
	 * is_wanted() holds: "f<TAB>PATH", or "c<TAB>PATH" for configuration files. Dependencies are names of packages. */
	int (*read)(const HostRoot *root, PackageWants is_wanted, Buf *text, Error **ret_error);
	/* Appends the names of packages that all others need without saying so. NULL: dependencies are complete. */
	int (*read_essential)(const HostRoot *root, char ***names, Error **ret_error);
} PackageDriver;

extern const PackageDriver package_dpkg, package_rpm;

typedef struct Package {
	const char *name, *version, *source;
	const char *depends; /* separated by blanks */
	uint32_t number; /* in the driver's order */
} Package;

typedef struct PackagePath {
	const char *path;
	uint32_t package;
	bool conffile;
} PackagePath;

typedef struct PackageIndex {
	char *text; /* what the strings point into */
	const char *kind;
	Package *packages; /* sorted by name */
	size_t n_packages;
	PackagePath *paths; /* sorted by path; one entry for each owner */
	size_t n_paths;
} PackageIndex;

/* From the cache if it is of the database's present state, else from the database. -ENOPKG: no known package database. */
int package_index_load(const HostRoot *root, PackageIndex *ret, Error **ret_error);
/* All paths below /usr, /opt and what leads into /usr on a merged host, from the database; *ret_essential: names of packages that all others need without
 * saying so. -ENOPKG. */
int package_index_load_programs(
	const HostRoot *root, PackageIndex *ret, char ***ret_essential, Error **ret_error);
/* Takes text. -EBADMSG for text that is not an index: caches come from a disk. */
int package_index_parse(char *text, PackageIndex *ret);
void package_index_done(PackageIndex *index);
#define _cleanup_package_index_ _cleanup_(package_index_done)

#define PACKAGE_NONE UINT32_MAX
/* Number of the package with this name, of the (first) owner of this path; or PACKAGE_NONE. */
uint32_t package_index_find(const PackageIndex *index, const char *name);
uint32_t package_index_owner(const PackageIndex *index, const char *path);
/* First entry of paths that is not before path: its owners begin there. */
size_t package_index_first(const PackageIndex *index, const char *path);
/* First entry from position i on that lies below directory; n_paths after the last. All of them:
 * for (size_t i = package_index_below(x, d, 0); i < x->n_paths; i = package_index_below(x, d, i + 1)) */
size_t package_index_below(const PackageIndex *index, const char *directory, size_t i);
/* Marks the package and what it needs, transitively. set has n_packages entries. 0 or -ENOMEM. */
int package_index_close(const PackageIndex *index, uint32_t package, bool *set);

/* Is it a program in /usr, of which only the owner matters? */
bool package_path_is_program(const char *path);
/* Is it that, a path that containers have of their own, or a declaration in /usr that makes one? */
bool package_path_is_wanted(const char *path);
