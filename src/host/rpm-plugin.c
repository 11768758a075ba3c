/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plug-in "rpm": the rpm database through librpm, written down as the lines that package-index.h describes.
 */
#include "host/rpm-plugin.h"

#include <fcntl.h>
#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmfi.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmts.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"

#define RPM_PACKAGES_MAX 65536
#define RPM_NAMES_MAX 4000000 /* capabilities and files of all packages */

typedef struct Capability { /* what a package provides: a name, or the path of a file */
	char *name;
	size_t package;
} Capability;

typedef struct Database {
	Header *headers; /* owned references */
	size_t n;
	Capability *capabilities; /* sorted by name, then package */
	size_t n_capabilities, room;
} Database;

static void database_done(Database *database)
{
	for (size_t i = 0; i < database->n; i++)
		headerFree(database->headers[i]);
	for (size_t i = 0; i < database->n_capabilities; i++)
		free(database->capabilities[i].name);
	free(database->headers);
	free(database->capabilities);
}

static void tsp(rpmts *ts)
{
	if (*ts)
		rpmtsFree(*ts);
}

static void iteratorp(rpmdbMatchIterator *iterator)
{
	if (*iterator)
		rpmdbFreeIterator(*iterator);
}

static void tagdatap(rpmtd *data)
{
	if (*data) {
		rpmtdFreeData(*data);
		rpmtdFree(*data);
	}
}

static void filesp(rpmfi *files)
{
	if (*files)
		rpmfiFree(*files);
}

static int load_headers(rpmts ts, Database *database)
{
	_cleanup_(iteratorp) rpmdbMatchIterator iterator =
		rpmtsInitIterator(ts, RPMDBI_PACKAGES, NULL, 0);
	Header header;

	while (iterator && (header = rpmdbNextIterator(iterator))) {
		Header *grown;

		if (database->n >= RPM_PACKAGES_MAX)
			return -E2BIG;
		grown = reallocarray(database->headers, database->n + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		database->headers = grown;
		grown[database->n++] = headerLink(header);
	}
	return 0;
}

static int add_capability(Database *database, const char *name, size_t package)
{
	if (database->n_capabilities == database->room) {
		size_t room = database->room ? database->room * 2 : 1024;
		Capability *grown = reallocarray(database->capabilities, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		database->capabilities = grown;
		database->room = room;
	}
	if (database->n_capabilities >= RPM_NAMES_MAX)
		return -E2BIG;
	database->capabilities[database->n_capabilities] =
		(Capability){ .name = strdup(name), .package = package };
	return database->capabilities[database->n_capabilities++].name ? 0 : -ENOMEM;
}

static int compare_capabilities(const void *a, const void *b)
{
	const Capability *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->package > y->package) - (x->package < y->package);
}

/* Names that packages provide, and their files: "/bin/sh" is a capability, too. */
static int load_capabilities(Database *database)
{
	static const rpmTagVal tags[] = { RPMTAG_PROVIDENAME, RPMTAG_FILENAMES };

	for (size_t i = 0; i < database->n; i++)
		for (size_t t = 0; t < ARRAY_SIZE(tags); t++) {
			_cleanup_(tagdatap) rpmtd data = rpmtdNew();
			const char *name;

			if (!headerGet(database->headers[i], tags[t], data, HEADERGET_EXT))
				continue;
			while ((name = rpmtdNextString(data))) {
				int r = add_capability(database, name, i);

				if (r < 0)
					return r;
			}
		}
	if (database->capabilities)
		qsort(database->capabilities, database->n_capabilities,
			sizeof(*database->capabilities), compare_capabilities);
	return 0;
}

static const char *package_name(const Database *database, size_t i)
{
	return headerGetString(database->headers[i], RPMTAG_NAME);
}

/* The first package that provides the name; NULL if none is installed. */
static const char *find_provider(const Database *database, const char *name)
{
	size_t low = 0, high = database->n_capabilities;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(database->capabilities[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == database->n_capabilities || strcmp(database->capabilities[low].name, name) != 0)
		return NULL;
	return package_name(database, database->capabilities[low].package);
}

/* Names a provider once. Packages require parts of themselves (config(x)); that says nothing. */
static int add_provider(
	const Database *database, const char *capability, const char *self, char ***depends)
{
	const char *provider = find_provider(database, capability);

	return provider && strcmp(provider, self) != 0 ? strv_append_unique(depends, provider) : 0;
}

/* One requirement. A rich one, "(a or b)", "(a if b)", gives each name of it that is installed: more than it needs, never less. */
static int add_requirement(
	const Database *database, const char *requirement, const char *self, char ***depends)
{
	_cleanup_strv_ char **words = NULL;

	if (strncmp(requirement, "rpmlib(", strlen("rpmlib(")) == 0)
		return 0;
	if (requirement[0] != '(')
		return add_provider(database, requirement, self, depends);
	if (strv_split(&words, requirement, " ()") < 0)
		return -ENOMEM;
	STRV_FOREACH (word, words)
		if (add_provider(database, *word, self, depends) < 0)
			return -ENOMEM;
	return 0;
}

static int append_package(const Database *database, size_t i, Buf *text)
{
	_cleanup_(tagdatap) rpmtd data = rpmtdNew();
	_cleanup_strv_ char **depends = NULL;
	_cleanup_free_ char *joined = NULL, *version = NULL, *source = NULL;
	const char *requirement, *name = package_name(database, i);
	const char *rpm = headerGetString(database->headers[i], RPMTAG_SOURCERPM);

	if (headerGet(database->headers[i], RPMTAG_REQUIRENAME, data, HEADERGET_MINMEM))
		while ((requirement = rpmtdNextString(data)))
			if (add_requirement(database, requirement, name, &depends) < 0)
				return -ENOMEM;
	joined = strv_join(depends, " ");
	version = headerGetAsString(database->headers[i], RPMTAG_EVR);
	source = strdup(rpm && *rpm ? rpm : name);
	if (!joined || !version || !source)
		return -ENOMEM;
	/* "web-2.4.62-1.fc41.src.rpm" is "web": what stands before the last two dashes. */
	for (int dashes = 0; rpm && *rpm && dashes < 2; dashes++) {
		char *dash = strrchr(source, '-');

		if (dash)
			*dash = '\0';
	}
	buf_printf(text, "package\t%s\t%s\t%s\t%s\n", name, version, source, joined);
	return 0;
}

static int append_files(rpmts ts, Header header, const RpmWanted *wanted, Buf *text)
{
	_cleanup_(filesp) rpmfi files = rpmfiNew(ts, header, RPMTAG_BASENAMES, 0);

	while (files && rpmfiNext(files) >= 0) {
		const char *path = rpmfiFN(files);
		_cleanup_free_ char *canonical = NULL;

		if (!path || path[0] != '/' || strchr(path, '\n'))
			continue;
		canonical = wanted->canonical(wanted->root, path);
		if (!canonical)
			return -ENOMEM;
		if (wanted->is_wanted(canonical))
			buf_printf(text, "%s\t%s\n",
				(rpmfiFFlags(files) & RPMFILE_CONFIG) ? "c" : "f", canonical);
	}
	return 0;
}

static int append_all(rpmts ts, const Database *database, const RpmWanted *wanted, Buf *text)
{
	for (size_t i = 0; i < database->n; i++) {
		const char *name = package_name(database, i);
		int r;

		/* Imported signing keys are entries of the database, too. */
		if (!name || strcmp(name, "gpg-pubkey") == 0)
			continue;
		r = append_package(database, i, text);
		if (r == 0)
			r = append_files(ts, database->headers[i], wanted, text);
		if (r < 0)
			return r;
	}
	return 0;
}

static int rpm_read(const char *root, const char *directory, const RpmWanted *wanted, Buf *text,
	Error **ret_error)
{
	_cleanup_(database_done) Database database = { 0 };
	_cleanup_(tsp) rpmts ts = NULL;
	int r;

	if (rpmReadConfigFiles(NULL, NULL) != 0)
		return error_set(
			ret_error, EIO, "librpm cannot read its configuration (/usr/lib/rpm)");
	(void)rpmSetVerbosity(RPMLOG_ERR); /* the old verbosity: nobody wants it back */
	/* Where the database is says the host's tree, not the configuration that librpm was built with. */
	(void)rpmPushMacro(NULL, "_dbpath", NULL, directory, RMIL_CMDLINE);
	ts = rpmtsCreate();
	if (!ts)
		return error_oom(ret_error);
	if (*root && rpmtsSetRootDir(ts, root) != 0)
		return error_set(
			ret_error, EIO, "librpm does not accept the root directory %s", root);
	(void)rpmtsSetVSFlags(ts,
		_RPMVSF_NODIGESTS |
			_RPMVSF_NOSIGNATURES); /* installed packages were checked when they came */
	if (rpmtsOpenDB(ts, O_RDONLY) != 0)
		return error_set(
			ret_error, EIO, "librpm cannot open the database in %s%s", root, directory);
	r = load_headers(ts, &database);
	if (r == 0)
		r = load_capabilities(&database);
	if (r == 0)
		r = append_all(ts, &database, wanted, text);
	return r < 0 ? error_errno(
			       ret_error, -r, "cannot read the database in %s%s", root, directory)
		     : 0;
}

extern const RpmPlugin vsb_plugin_rpm;
__attribute__((visibility("default"))) const RpmPlugin vsb_plugin_rpm = { .read = rpm_read };
