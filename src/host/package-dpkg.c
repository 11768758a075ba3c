/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Debian's package database, through dpkg-query(1): one call for what all packages say of themselves, one for their files.
 */
#include "host/package-index.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/array.h"

#define ADMIN "/var/lib/dpkg"

typedef struct Record { /* one package as dpkg-query prints it */
	char *name, *full; /* full: with architecture where dpkg wants it */
	char *version, *source, *pre_depends, *depends, *provides;
	char *conffiles; /* lines, each " PATH MD5 [obsolete]" */
} Record;

typedef struct Virtual { /* name that a package provides */
	char *name;
	const Record *by;
} Virtual;

typedef struct Records {
	char *text;
	Record *items; /* sorted by name */
	size_t n;
	Virtual *virtuals; /* sorted by name */
	size_t n_virtuals;
} Records;

static void records_done(Records *records)
{
	for (size_t i = 0; i < records->n_virtuals; i++)
		free(records->virtuals[i].name);
	free(records->virtuals);
	free(records->items);
	free(records->text);
}

static bool dpkg_present(const HostRoot *root)
{
	struct stat st;

	return host_root_lstat(root, ADMIN "/status", &st) == 0 && st.st_size > 0;
}

static int dpkg_state(const HostRoot *root, Buf *key)
{
	static const char *const parts[] = { ADMIN "/status", ADMIN "/info", ADMIN "/diversions" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct stat st;
		int r;

		r = host_root_lstat(root, parts[i], &st);
		if (r == -ENOENT && i > 0)
			continue;
		if (r < 0)
			return r;
		buf_printf(key, " %lld.%09ld:%lld:%llu", (long long)st.st_mtim.tv_sec,
			st.st_mtim.tv_nsec, (long long)st.st_size, (unsigned long long)st.st_ino);
	}
	return 0;
}

static bool is_installed(const char *status)
{
	return strcmp(status, "not-installed") != 0 && strcmp(status, "config-files") != 0 &&
	       strcmp(status, "half-installed") != 0;
}

static int compare_records(const void *a, const void *b)
{
	return strcmp(((const Record *)a)->name, ((const Record *)b)->name);
}

static int compare_virtuals(const void *a, const void *b)
{
	return strcmp(((const Virtual *)a)->name, ((const Virtual *)b)->name);
}

static int add_record(Records *records, char *line)
{
	char *fields[8] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strsep(&line, "\t");
	if (!fields[7])
		return -EBADMSG;
	if (!is_installed(fields[2]))
		return 0;
	if (records->n >= PACKAGES_MAX)
		return -E2BIG;
	if (array_room(&records->items, records->n, sizeof(*records->items)) < 0)
		return -ENOMEM;
	records->items[records->n++] = (Record){
		.name = fields[0],
		.full = fields[1],
		.version = fields[3],
		.source = fields[4],
		.pre_depends = fields[5],
		.depends = fields[6],
		.provides = fields[7],
	};
	return 0;
}

/* The text is cut up in place: a line "P<TAB>fields" for each package, then its conffiles until the line "E". */
static int parse_records(Records *records)
{
	char *rest = records->text;

	while (rest && *rest) {
		size_t before = records->n;
		char *line = strsep(&rest, "\n"), *end;
		int r;

		if (strncmp(line, "P\t", 2) != 0 || !rest)
			return -EBADMSG;
		r = add_record(records, line + 2);
		if (r < 0)
			return r;
		end = strstr(rest, "\nE\n");
		if (!end)
			return -EBADMSG;
		if (records->n > before)
			records->items[before].conffiles = rest;
		rest = end + strlen("\nE\n");
		end[0] = '\0';
	}
	if (records->items)
		qsort(records->items, records->n, sizeof(*records->items), compare_records);
	return 0;
}

/* "name", "name:any", "name (>= 1)", "name [amd64]": the name, cut off in place. */
static char *bare_name(char *s)
{
	s += strspn(s, " \t");
	s[strcspn(s, " \t:([")] = '\0';
	return s;
}

static int index_virtuals(Records *records)
{
	for (size_t i = 0; i < records->n; i++) {
		_cleanup_strv_ char **provides = NULL;

		if (strv_split(&provides, records->items[i].provides, ",") < 0)
			return -ENOMEM;
		STRV_FOREACH (provide, provides) {
			if (array_room(&records->virtuals, records->n_virtuals,
				    sizeof(*records->virtuals)) < 0)
				return -ENOMEM;
			records->virtuals[records->n_virtuals] =
				(Virtual){ .name = strdup(bare_name(*provide)),
					.by = &records->items[i] };
			if (!records->virtuals[records->n_virtuals].name)
				return -ENOMEM;
			records->n_virtuals++;
		}
	}
	if (records->virtuals)
		qsort(records->virtuals, records->n_virtuals, sizeof(*records->virtuals),
			compare_virtuals);
	return 0;
}

/* The installed package that satisfies a name: itself, or one that provides it. */
static const Record *find_provider(const Records *records, char *name)
{
	const Record wanted = { .name = name };
	const Virtual virtual = { .name = name };
	const Record *found;
	const Virtual *provided;

	found = records->items ? bsearch(&wanted, records->items, records->n, sizeof(wanted),
					 compare_records)
			       : NULL;
	if (found || !records->virtuals)
		return found;
	provided = bsearch(&virtual, records->virtuals, records->n_virtuals, sizeof(virtual),
		compare_virtuals);
	return provided ? provided->by : NULL;
}

/* Appends the names behind one relation field: of each group of alternatives the first that is installed. */
static int resolve(const Records *records, const char *relation, char ***names)
{
	_cleanup_strv_ char **groups = NULL;

	if (strv_split(&groups, relation, ",") < 0)
		return -ENOMEM;
	STRV_FOREACH (group, groups) {
		_cleanup_strv_ char **alternatives = NULL;
		const Record *found = NULL;

		if (strv_split(&alternatives, *group, "|") < 0)
			return -ENOMEM;
		for (char **a = alternatives; a && *a && !found; a++)
			found = find_provider(records, bare_name(*a));
		if (found && strv_append_unique(names, found->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int load_records(const char *admin, Records *records, Error **ret_error)
{
	static const char format[] =
		"--showformat=P\\t${Package}\\t${binary:Package}\\t${db:Status-Status}\\t${Version}\\t${source:Package}\\t"
		"${Pre-Depends}\\t${Depends}\\t${Provides}\\n${Conffiles}\\nE\\n";
	char *const argv[] = { (char *)"dpkg-query", (char *)admin, (char *)"--show",
		(char *)format, NULL };
	int r = spawn_run(argv, NULL, &records->text, NULL, ret_error);

	if (r < 0)
		return r;
	r = parse_records(records);
	if (r == 0)
		r = index_virtuals(records);
	return r < 0 ? error_errno(ret_error, -r, "cannot parse the output of dpkg-query --show")
		     : 0;
}

/* Starts dpkg-query for n packages from first on, if there are any. */
static int ask_lists(const char *admin, const Records *records, size_t first, size_t n,
	Spawned *ret, Error **ret_error)
{
	_cleanup_free_ char **argv = NULL;

	if (n == 0)
		return 0;
	argv = calloc(n + 4, sizeof(*argv));
	if (!argv)
		return error_oom(ret_error);
	argv[0] = (char *)"dpkg-query";
	argv[1] = (char *)admin;
	argv[2] = (char *)"--listfiles";
	for (size_t i = 0; i < n; i++)
		argv[3 + i] = records->items[first + i].full;
	return spawn_begin(argv, NULL, ret, ret_error);
}

static bool is_conffile(const Record *record, const char *path)
{
	size_t n = strlen(path);

	for (const char *p = strstr(record->conffiles, path); p; p = strstr(p + 1, path))
		if (p > record->conffiles && p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

static int append_package(const Records *records, const Record *record, Buf *text)
{
	_cleanup_strv_ char **depends = NULL;
	_cleanup_free_ char *joined = NULL;

	if (resolve(records, record->pre_depends, &depends) < 0 ||
		resolve(records, record->depends, &depends) < 0)
		return -ENOMEM;
	joined = strv_join(depends, " ");
	if (!joined)
		return -ENOMEM;
	buf_printf(text, "package\t%s\t%s\t%s\t%s\n", record->name, record->version, record->source,
		joined);
	return 0;
}

static int append_path(const HostRoot *root, PackageWants is_wanted, const Record *record,
	const char *path, Buf *text)
{
	_cleanup_free_ char *moved = NULL;
	const char *canonical = path;

	if (!host_root_is_canonical(root, path)) {
		canonical = moved = host_root_canonical(root, path);
		if (!moved)
			return -ENOMEM;
	}
	/* The others are nearly all; what is not normal is "/." at the head of each list and "diverted by ...". */
	if (!is_wanted(canonical) || !path_is_normal(path))
		return 0;
	buf_puts(text, is_conffile(record, path) ? "c\t" : "f\t");
	buf_puts(text, canonical);
	buf_puts(text, "\n");
	return 0;
}

/* The lists come in the order of the packages, an empty line between two. */
static int append_lists(const HostRoot *root, PackageWants is_wanted, const Records *records,
	size_t first, size_t n, char *lists, Buf *text)
{
	char *rest = lists;

	for (size_t i = first; i < first + n; i++) {
		if (!rest)
			return -EBADMSG;
		if (append_package(records, &records->items[i], text) < 0)
			return -ENOMEM;
		for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n"))
			if (append_path(root, is_wanted, &records->items[i], line, text) < 0)
				return -ENOMEM;
	}
	return rest && *rest ? -EBADMSG : 0;
}

/* Reading the lists is most of the work of a first create, and dpkg-query does it on one processor: two of them, each for half the packages,
 * are done nearly twice as soon. */
static int append_all(const HostRoot *root, PackageWants is_wanted, const char *admin,
	const Records *records, Buf *text, Error **ret_error)
{
	_cleanup_spawned_ Spawned front = SPAWNED_NONE, back = SPAWNED_NONE;
	size_t half = records->n / 2;
	Spawned *const halves[] = { &front, &back };
	const size_t begin[] = { 0, half, records->n };

	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		int r = ask_lists(
			admin, records, begin[i], begin[i + 1] - begin[i], halves[i], ret_error);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		_cleanup_free_ char *lists = NULL;
		/* A package without files makes the status 1; the number of lists is checked. */
		int status = 0, r;

		if (halves[i]->pid == 0)
			continue;
		r = spawn_end(halves[i], &lists, &status, ret_error);
		if (r < 0)
			return r;
		r = append_lists(
			root, is_wanted, records, begin[i], begin[i + 1] - begin[i], lists, text);
		if (r < 0)
			return error_errno(
				ret_error, -r, "cannot parse the output of dpkg-query --listfiles");
	}
	return 0;
}

static char *admin_option(const HostRoot *root)
{
	char *admin;

	return asprintf(&admin, "--admindir=%s" ADMIN, root->path) < 0 ? NULL : admin;
}

static int dpkg_read(const HostRoot *root, PackageWants is_wanted, Buf *text, Error **ret_error)
{
	_cleanup_(records_done) Records records = { 0 };
	_cleanup_free_ char *admin = admin_option(root);
	int r;

	if (!admin)
		return error_oom(ret_error);
	r = load_records(admin, &records, ret_error);
	return r < 0 ? r : append_all(root, is_wanted, admin, &records, text, ret_error);
}

/* Debian Policy 3.8: no package depends on an essential one. */
static int dpkg_read_essential(const HostRoot *root, char ***names, Error **ret_error)
{
	_cleanup_free_ char *admin = admin_option(root), *text = NULL;
	char *const argv[] = { (char *)"dpkg-query", admin, (char *)"--show",
		(char *)"--showformat=${Essential} ${Package}\\n", NULL };
	char *rest;
	int r = admin ? spawn_run(argv, NULL, &text, NULL, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (strncmp(line, "yes ", 4) == 0 && strv_append(names, line + 4) < 0)
			return error_oom(ret_error);
	return 0;
}

const PackageDriver package_dpkg = {
	.name = "dpkg",
	.present = dpkg_present,
	.state = dpkg_state,
	.read = dpkg_read,
	.read_essential = dpkg_read_essential,
};
