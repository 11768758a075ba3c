/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What no package owns but a service cannot do without: what maintainer scripts, ucf and cluster tools made. These rules: it is in the
 * registry of ucf for one of the packages; it lies in a directory of one of them; it lies where all packages meet in /etc, one of
 * them is named so and its maintainer scripts name the path, or one that the service depends on removes it when it is purged; it lies where all meet in /var and its owner is an account of
 * the service, or its name is that of a package.
 */
#include "host/host-read.h"

#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "base/array.h"
#include "host/config-reader.h"
#include "host/host-links.h"
#include "host/unit-load.h"
#include "host/unit-name.h"

#define STATIC_UID_MAX                                                                             \
	99 /* Debian's base-passwd: accounts of the system that many services share (www-data, mail, backup) */

typedef struct Scan {
	Reader *reader;
	bool *uids, *gids; /* for accounts of facts, by position: is it the service's? */
} Scan;

/* What is gone meanwhile has a negative errno. */
static int look(const Reader *reader, const char *path, struct stat *ret)
{
	return host_links_lstat(&reader->root, path, reader->facts, ret);
}

static FactUnowned *find(const Facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->n_unowned; i++)
		if (strcmp(facts->unowned[i].path, path) == 0)
			return &facts->unowned[i];
	return NULL;
}

static int add_unowned(Reader *reader, const char *path, const struct stat *st, const char *package)
{
	Facts *facts = reader->facts;
	FactUnowned made = {
		.type = host_file_type(st->st_mode),
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mode = st->st_mode & 07777,
	};

	if (facts->n_unowned >= UNOWNED_MAX)
		return -E2BIG;
	if (array_room(&facts->unowned, facts->n_unowned, sizeof(*facts->unowned)) < 0)
		return -ENOMEM;
	made.path = strdup(path);
	made.package = package ? strdup(package) : NULL;
	if (S_ISLNK(st->st_mode) && host_root_readlink(&reader->root, path, &made.link) == -ENOMEM)
		made.path = NULL;
	facts->unowned[facts->n_unowned++] = made;
	return made.path && (made.package || !package) ? 0 : -ENOMEM;
}

static int walk(Reader *reader, const char *directory, const char *package, unsigned int depth);

/* Is it a link to another directory below the same one of /etc or /var? */
static bool leads_beside(const Facts *facts, const char *path)
{
	const FactLink *link = facts_link(facts, path);

	return link && path_is_neighbour(path, link->target);
}

static int visit(Reader *reader, const char *path, const char *package, unsigned int depth)
{
	bool owned = package_index_owner(&reader->packages, path) != PACKAGE_NONE;
	struct stat st;
	int r = 0;

	if (look(reader, path, &st) < 0) /* gone meanwhile */
		return 0;
	if (!owned)
		r = add_unowned(reader, path, &st, package);
	/* A directory of /var that no package owns is data: it counts as one thing. In /etc each file matters. What a link leads to beside it is seen there. */
	if (r == 0 && S_ISDIR(st.st_mode) && (owned || path_is_below(path, "/etc")) &&
		!leads_beside(reader->facts, path))
		r = walk(reader, path, package, depth - 1);
	return r;
}

static int walk(Reader *reader, const char *directory, const char *package, unsigned int depth)
{
	_cleanup_strv_ char **names = NULL;
	struct stat st;

	if (depth == 0 || host_root_list(&reader->root, directory, &names) <
				  0) /* unreadable: what cannot be copied is not listed */
		return 0;
	if (path_is_below(directory, "/var") && strv_length(names) > UNOWNED_CHILDREN_MAX)
		return look(reader, directory, &st) < 0
			       ? 0
			       : add_unowned(reader, directory, &st, package);
	STRV_FOREACH (name, names) {
		_cleanup_free_ char *path = path_join(directory, *name);
		int r;

		if (!path)
			return -ENOMEM;
		r = path_is_shared(reader->root.knowledge, path)
			    ? 0
			    : visit(reader, path, package, depth);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Whose a directory is: the direct package among its owners, or one of same_source, or any of the set. */
static const char *package_of(const Reader *reader, const char *directory)
{
	const PackageIndex *packages = &reader->packages;
	const char *same_source = NULL, *any = NULL;

	for (size_t i = package_index_first(packages, directory);
		i < packages->n_paths && strcmp(packages->paths[i].path, directory) == 0; i++) {
		uint32_t package = packages->paths[i].package;
		const char *name = packages->packages[package].name;

		if (reader->direct[package])
			return name;
		if (reader->same_source[package])
			same_source = name;
		if (reader->set[package])
			any = name;
	}
	return same_source ? same_source : any;
}

static int walk_own(Reader *reader, const char *place, bool same_source)
{
	_cleanup_strv_ char **directories = NULL;
	int r = package_directories(reader, place, same_source, &directories);

	for (char **d = directories; r == 0 && d && *d; d++)
		r = walk(reader, *d, package_of(reader, *d), UNOWNED_DEPTH_MAX);
	return r;
}

static int add_ucf(Reader *reader)
{
	const Ucf *ucf = &reader->ucf;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ucf->n; i++) {
		uint32_t package = package_index_find(&reader->packages, ucf->entries[i].package);
		const char *path = ucf->entries[i].path;
		FactUnowned *known = find(reader->facts, path);
		struct stat st;

		if (known && !*ucf->entries[i].package)
			known->conffile = true;
		if (package == PACKAGE_NONE || !reader->set[package] || look(reader, path, &st) < 0)
			continue;
		if (!known)
			r = add_unowned(reader, path, &st, ucf->entries[i].package);
		if (r == 0)
			(known ? known : &reader->facts->unowned[reader->facts->n_unowned - 1])
				->conffile = true;
	}
	return r;
}

/* Is a name made from another: "web" and "web.conf" from "web"? */
static bool is_made_from(const char *name, const char *from)
{
	size_t n = strlen(from);

	return strncmp(name, from, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

/* A place of this package alone where all packages meet: /etc/X, /etc/X.conf, /etc/default/X. */
static bool is_own_name(const Reader *reader, uint32_t package, const char *path)
{
	static const char *const places[] = { "/etc/default/", "/etc/sysconfig/", "/etc/" };
	const Package *p = &reader->packages.packages[package];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *name = path + strlen(places[i]);

		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return !strchr(name, '/') &&
			       (is_made_from(name, p->name) || is_made_from(name, p->source));
	}
	return false;
}

/* /etc/X of a package that the service only depends on, whose scripts remove it: a library's settings, by whatever name. */
static bool is_setting(const Reader *reader, uint32_t package, const char *path)
{
	return !reader->same_source[package] && !strchr(path + strlen("/etc/"), '/');
}

static int add_of_script(Reader *reader, uint32_t package, const char *path)
{
	FactUnowned *known = find(reader->facts, path);
	struct stat st;
	int r = 0;

	if (!path_is_below(path, "/etc") ||
		package_index_owner(&reader->packages, path) != PACKAGE_NONE ||
		(!known && !is_own_name(reader, package, path) &&
			!is_setting(reader, package, path)) ||
		look(reader, path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (!known)
		r = add_unowned(reader, path, &st, reader->packages.packages[package].name);
	if (r == 0)
		(known ? known : &reader->facts->unowned[reader->facts->n_unowned - 1])->conffile =
			true;
	return r;
}

/* Configuration that a package's scripts write, from debconf's answers or from a template: they name it, to make it or to remove
 * it with the package. */
static int add_of_scripts(Reader *reader)
{
	for (uint32_t i = 0; i < reader->packages.n_packages; i++) {
		_cleanup_strv_ char **paths = NULL;
		int r = 0;

		if (reader->set[i])
			r = config_reader_of_scripts(&reader->root,
				reader->packages.packages[i].name, !reader->same_source[i], &paths);
		for (char **path = paths; r == 0 && path && *path; path++)
			r = add_of_script(reader, i, *path);
		if (r < 0)
			return r;
	}
	return 0;
}

static void mark_name(Scan *scan, const char *name)
{
	const Facts *facts = scan->reader->facts;

	for (size_t i = 0; i < facts->n_accounts; i++)
		if (strcmp(facts->accounts[i].name, name) == 0)
			(facts->accounts[i].group ? scan->gids : scan->uids)[i] = true;
}

static void mark_ids(Scan *scan, uid_t uid, gid_t gid)
{
	const Facts *facts = scan->reader->facts;

	for (size_t i = 0; i < facts->n_accounts; i++) {
		if (!facts->accounts[i].group && facts->accounts[i].id == uid)
			scan->uids[i] = true;
		if (facts->accounts[i].group && facts->accounts[i].id == gid)
			scan->gids[i] = true;
	}
}

/* Accounts of units: User=, Group=, and an account with the name of the unit. */
static int mark_of_units(Scan *scan)
{
	const Facts *facts = scan->reader->facts;

	for (size_t i = 0; i < facts->n_units; i++) {
		const char *user = facts_unit_get(&facts->units[i], "Service", "User");
		const char *group = facts_unit_get(&facts->units[i], "Service", "Group");

		if (user)
			mark_name(scan, user);
		if (group)
			mark_name(scan, group);
		STRV_FOREACH (name, facts->units[i].names) {
			_cleanup_unit_name_ UnitName split = { 0 };

			if (unit_name_split(*name, &split) == -ENOMEM)
				return -ENOMEM;
			if (split.prefix)
				mark_name(scan, split.prefix);
		}
	}
	return 0;
}

/* Accounts of packages: what sysusers.d declares, the package's own name, owners of its directories. */
static int mark_of_packages(Scan *scan)
{
	const Reader *reader = scan->reader;
	const Facts *facts = reader->facts;
	_cleanup_strv_ char **directories = NULL;

	for (size_t i = 0; i < facts->n_sysusers; i++) {
		uint32_t package =
			package_index_find(&reader->packages, facts->sysusers[i].package);
		_cleanup_strv_ char **words = NULL;

		if (strv_split(&words, facts->sysusers[i].text, " \t") < 0)
			return -ENOMEM;
		if (package != PACKAGE_NONE && reader->same_source[package] &&
			strv_length(words) >= 2)
			mark_name(scan, words[1]);
	}
	for (uint32_t i = 0; i < reader->packages.n_packages; i++)
		if (reader->same_source[i]) {
			mark_name(scan, reader->packages.packages[i].name);
			mark_name(scan, reader->packages.packages[i].source);
		}
	if (package_directories(reader, "/var", true, &directories) < 0)
		return -ENOMEM;
	STRV_FOREACH (directory, directories) {
		struct stat st;

		if (look(reader, *directory, &st) == 0)
			mark_ids(scan, st.st_uid, st.st_gid);
	}
	return 0;
}

static bool is_of_service(const Scan *scan, const struct stat *st)
{
	const Facts *facts = scan->reader->facts;
	bool dpkg = strcmp(facts->host_kind, "dpkg") == 0;

	for (size_t i = 0; i < facts->n_accounts; i++) {
		const FactAccount *account = &facts->accounts[i];

		if (account->id == 0 || (dpkg && account->id <= STATIC_UID_MAX))
			continue;
		if (scan->uids[i] && account->id == st->st_uid)
			return true;
		if (scan->gids[i] && account->id == st->st_gid)
			return true;
	}
	return false;
}

/* A service keeps its data in the directory with its name, whoever owns it. */
static bool is_named_after(const Reader *reader, const char *name)
{
	for (uint32_t i = 0; i < reader->packages.n_packages; i++)
		if (reader->same_source[i] &&
			(strcmp(reader->packages.packages[i].name, name) == 0 ||
				strcmp(reader->packages.packages[i].source, name) == 0))
			return true;
	return false;
}

static int add_of_accounts(Scan *scan)
{
	static const char *const places[] = { "/etc", "/var/lib", "/var/log", "/var/cache",
		"/var/spool" };
	Reader *reader = scan->reader;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_strv_ char **names = NULL;

		if (host_root_list(&reader->root, places[i], &names) < 0) /* not on this host */
			continue;
		STRV_FOREACH (name, names) {
			_cleanup_free_ char *path = path_join(places[i], *name);
			struct stat st;
			int r;

			if (!path)
				return -ENOMEM;
			if (package_index_owner(&reader->packages, path) != PACKAGE_NONE ||
				find(reader->facts, path) || look(reader, path, &st) < 0 ||
				!(is_of_service(scan, &st) ||
					(i > 0 && is_named_after(reader, *name))))
				continue;
			r = add_unowned(reader, path, &st, NULL);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int unowned_read(Reader *reader, Error **ret_error)
{
	_cleanup_free_ bool *uids = calloc(reader->facts->n_accounts + 1, sizeof(*uids));
	_cleanup_free_ bool *gids = calloc(reader->facts->n_accounts + 1, sizeof(*gids));
	Scan scan = { .reader = reader, .uids = uids, .gids = gids };
	int r;

	if (!uids || !gids)
		return error_oom(ret_error);
	r = walk_own(reader, "/etc", false);
	if (r == 0)
		r = walk_own(reader, "/var", true);
	if (r == 0)
		r = add_ucf(reader);
	if (r == 0)
		r = add_of_scripts(reader);
	if (r == 0)
		r = mark_of_units(&scan);
	if (r == 0)
		r = mark_of_packages(&scan);
	if (r == 0)
		r = add_of_accounts(&scan);
	if (r == -E2BIG)
		return error_set(ret_error, E2BIG,
			"the directories of the service's packages hold more than %d paths that no package owns",
			UNOWNED_MAX);
	return r < 0 ? error_errno(ret_error, -r, "cannot search for files that no package owns")
		     : 0;
}
