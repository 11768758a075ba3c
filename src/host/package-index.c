/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The index of installed packages and its cache.
 */
#include "host/package-index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/text.h"

#define CACHE_HEAD "virt-sandbox packages 4\t"

static const PackageDriver *const drivers[] = { &package_dpkg, &package_rpm };

static const char *const wanted_below[] = {
	"/etc",
	"/var",
	"/opt",
	"/srv",
};

/* The same, below /usr: nearly all paths are there, and nearly all are told apart by their next bytes. */
static const char *const wanted_in_usr[] = {
	"/lib/systemd",
	"/lib/sysusers.d",
	"/lib/tmpfiles.d",
	"/lib/pam.d",
	"/share/pam-configs",
};

bool package_path_is_program(const char *path)
{
	static const char *const marks[] = { "/bin/", "/sbin/", "/libexec/" };

	for (size_t i = 0; i < ARRAY_SIZE(marks) && strncmp(path, "/usr/", 5) == 0; i++)
		if (strstr(path + 4, marks[i]))
			return strncmp(path + 4, "/share/", 7) != 0;
	return false;
}

bool package_path_is_wanted(const char *path)
{
	if (strncmp(path, "/usr/", 5) == 0) {
		if (package_path_is_program(path))
			return true;
		for (size_t i = 0; i < ARRAY_SIZE(wanted_in_usr); i++)
			if (path_is_below(path + 4, wanted_in_usr[i]))
				return true;
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(wanted_below); i++)
			if (path_is_below(path, wanted_below[i]))
				return true;
	}
	return false;
}

static int compare_paths(const void *a, const void *b)
{
	const PackagePath *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order != 0 ? order : (x->package > y->package) - (x->package < y->package);
}

static int compare_names(const void *a, const void *b)
{
	const Package *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Cuts off *rest what comes before the byte; *rest is NULL after the last. */
static char *cut(char **rest, char at)
{
	char *field = *rest;

	*rest = field ? strchr(field, at) : NULL;
	if (*rest)
		*(*rest)++ = '\0';
	return field;
}

/* "" at the end. */
static char *next_field(char **rest)
{
	char *field = cut(rest, '\t');

	return field ? field : (char *)"";
}

static int parse_package(PackageIndex *index, char *rest)
{
	Package *made;

	if (index->n_packages >= PACKAGES_MAX)
		return -EBADMSG;
	if (array_room(&index->packages, index->n_packages, sizeof(*made)) < 0)
		return -ENOMEM;
	made = &index->packages[index->n_packages];
	*made = (Package){ .number = (uint32_t)index->n_packages++ };
	made->name = next_field(&rest);
	made->version = next_field(&rest);
	made->source = next_field(&rest);
	made->depends = next_field(&rest);
	return *made->name ? 0 : -EBADMSG;
}

/* Of the package before it, or, in a cache, of the one whose number is named. */
static int parse_path(PackageIndex *index, char *rest, bool conffile)
{
	char *path = next_field(&rest);
	uint64_t package = index->n_packages - 1;

	if ((rest && text_number(rest, UINT32_MAX, &package) < 0) || package >= index->n_packages ||
		index->n_paths >= PACKAGE_PATHS_MAX || path[0] != '/')
		return -EBADMSG;
	if (array_room(&index->paths, index->n_paths, sizeof(*index->paths)) < 0)
		return -ENOMEM;
	index->paths[index->n_paths++] = (PackagePath){
		.path = path,
		.package = (uint32_t)package,
		.conffile = conffile,
	};
	return 0;
}

static int parse_line(PackageIndex *index, char *line)
{
	char *kind = next_field(&line);

	if (!line)
		return -EBADMSG;
	if (strcmp(kind, "package") == 0)
		return parse_package(index, line);
	if (strcmp(kind, "f") == 0 || strcmp(kind, "c") == 0)
		return parse_path(index, line, kind[0] == 'c');
	if (strcmp(kind, "host") != 0)
		return -EBADMSG;
	index->kind = line;
	return 0;
}

static bool is_sorted(
	const void *list, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	const char *at = list;

	for (size_t i = 1; i < n; i++, at += size)
		if (compare(at, at + size) > 0)
			return false;
	return true;
}

/* What comes out of the cache is sorted: that is what it is for. */
static int sort_index(PackageIndex *index)
{
	_cleanup_free_ uint32_t *ranks = NULL;

	if (!is_sorted(index->packages, index->n_packages, sizeof(Package), compare_names)) {
		ranks = calloc(index->n_packages, sizeof(*ranks));
		if (!ranks)
			return -ENOMEM;
		qsort(index->packages, index->n_packages, sizeof(Package), compare_names);
		for (uint32_t i = 0; i < index->n_packages; i++)
			ranks[index->packages[i].number] = i;
		for (size_t i = 0; i < index->n_paths; i++)
			index->paths[i].package = ranks[index->paths[i].package];
	}
	if (!is_sorted(index->paths, index->n_paths, sizeof(PackagePath), compare_paths))
		qsort(index->paths, index->n_paths, sizeof(PackagePath), compare_paths);
	return 0;
}

int package_index_parse(char *text, PackageIndex *ret)
{
	_cleanup_package_index_ PackageIndex index = { .text = text };
	bool ended = false;
	char *rest = text;
	int r;

	for (char *line = cut(&rest, '\n'); line && !ended; line = cut(&rest, '\n')) {
		ended = strcmp(line, "end") == 0;
		r = ended ? 0 : parse_line(&index, line);
		if (r < 0)
			return r;
	}
	if (!ended || !index.kind) /* cut off */
		return -EBADMSG;
	r = sort_index(&index);
	if (r < 0)
		return r;
	*ret = index;
	index = (PackageIndex){ 0 };
	return 0;
}

void package_index_done(PackageIndex *index)
{
	free(index->text);
	free(index->packages);
	free(index->paths);
	*index = (PackageIndex){ 0 };
}

uint32_t package_index_find(const PackageIndex *index, const char *name)
{
	size_t low = 0, high = index->n_packages;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(index->packages[middle].name, name);

		if (order == 0)
			return (uint32_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return PACKAGE_NONE;
}

size_t package_index_first(const PackageIndex *index, const char *path)
{
	size_t low = 0, high = index->n_paths;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->paths[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t package_index_below(const PackageIndex *index, const char *directory, size_t i)
{
	size_t n = strlen(directory);

	if (i == 0)
		i = package_index_first(index, directory);
	/* /etc/a-b sorts between /etc/a and /etc/a/c: what has the same start is looked at to its end. */
	for (; i < index->n_paths && strncmp(index->paths[i].path, directory, n) == 0; i++)
		if (index->paths[i].path[n] == '/')
			return i;
	return index->n_paths;
}

uint32_t package_index_owner(const PackageIndex *index, const char *path)
{
	size_t i = package_index_first(index, path);

	return i < index->n_paths && strcmp(index->paths[i].path, path) == 0
		       ? index->paths[i].package
		       : PACKAGE_NONE;
}

int package_index_close(const PackageIndex *index, uint32_t package, bool *set)
{
	_cleanup_free_ uint32_t *open = NULL;
	size_t n_open = 0;

	if (set[package])
		return 0;
	open = calloc(index->n_packages,
		sizeof(*open)); /* each package is marked before it is put here: once */
	if (!open)
		return -ENOMEM;
	set[package] = true;
	open[n_open++] = package;
	while (n_open > 0) {
		_cleanup_strv_ char **names = NULL;

		if (strv_split(&names, index->packages[open[--n_open]].depends, " ") < 0)
			return -ENOMEM;
		STRV_FOREACH (name, names) {
			uint32_t needed = package_index_find(index, *name);

			if (needed == PACKAGE_NONE || set[needed])
				continue;
			set[needed] = true;
			open[n_open++] = needed;
		}
	}
	return 0;
}

/* The first line of a cache of the present state. */
static int cache_head(
	const HostRoot *root, const PackageDriver *driver, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf key = { 0 };
	int r;

	buf_printf(&key, CACHE_HEAD "%s%s", driver->name, root->merged ? " merged" : "");
	r = driver->state(root, &key);
	if (r < 0)
		return error_errno(
			ret_error, -r, "cannot inspect the state of the %s database", driver->name);
	buf_puts(&key, "\n");
	return buf_take(&key, ret, ret_error);
}

static bool cache_load(const char *path, const char *head, PackageIndex *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t n = strlen(head);

	if (file_read(path, &text, NULL, NULL) < 0 || strncmp(text, head, n) != 0)
		return false;
	memmove(text, text + n, strlen(text + n) + 1);
	return package_index_parse(TAKE_PTR(text), ret) == 0;
}

static void index_format(const PackageIndex *index, Buf *text)
{
	buf_printf(text, "host\t%s\n", index->kind);
	for (size_t i = 0; i < index->n_packages; i++)
		buf_printf(text, "package\t%s\t%s\t%s\t%s\n", index->packages[i].name,
			index->packages[i].version, index->packages[i].source,
			index->packages[i].depends);
	for (size_t i = 0; i < index->n_paths; i++)
		buf_printf(text, "%c\t%s\t%u\n", index->paths[i].conffile ? 'c' : 'f',
			index->paths[i].path, index->paths[i].package);
	buf_puts(text, "end\n");
}

/* Without a cache the next create is slower, nothing else: failure to write it is no error. */
static void cache_save(const char *path, const char *head, const PackageIndex *index)
{
	_cleanup_free_ char *directory = strndup(path, (size_t)(path_base(path) - path - 1));
	_cleanup_buf_ Buf text = { 0 };

	buf_puts(&text, head);
	index_format(index, &text);
	if (directory && !text.failed && file_mkdir_p(directory, 0700, NULL) == 0)
		(void)file_write_atomic(path, text.data, text.size, 0600, NULL);
}

static int read_database(const HostRoot *root, const PackageDriver *driver, PackageWants is_wanted,
	char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf text = { 0 };
	int r;

	buf_printf(&text, "host\t%s\n", driver->name);
	r = driver->read(root, is_wanted, &text, ret_error);
	if (r < 0)
		return error_wrap(ret_error, "cannot read the %s database", driver->name);
	buf_puts(&text, "end\n");
	return buf_take(&text, ret, ret_error);
}

/* Takes the text. */
static int parse_database(
	const PackageDriver *driver, char *text, PackageIndex *ret, Error **ret_error)
{
	int r = package_index_parse(text, ret);

	return r < 0 ? error_errno(ret_error, -r, "cannot read the %s database", driver->name) : 0;
}

static int load_with(
	const HostRoot *root, const PackageDriver *driver, PackageIndex *ret, Error **ret_error)
{
	_cleanup_free_ char *head = NULL, *text = NULL;
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "cache/packages");
	bool cached = *root->path == '\0'; /* the cache is of the real host */
	int r;

	if (!path)
		return error_oom(ret_error);
	r = cache_head(root, driver, &head, ret_error);
	if (r < 0)
		return r;
	if (cached && cache_load(path, head, ret))
		return 0;
	r = read_database(root, driver, package_path_is_wanted, &text, ret_error);
	if (r < 0)
		return r;
	r = parse_database(driver, TAKE_PTR(text), ret, ret_error);
	if (r < 0)
		return r;
	if (cached)
		cache_save(path, head, ret);
	return 0;
}

/* NULL, with an error: it has none that we know. */
static const PackageDriver *find_driver(const HostRoot *root, Error **ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (drivers[i]->present(root))
			return drivers[i];
	(void)error_set(ret_error, ENOPKG,
		"this host has no known package database (dpkg: /var/lib/dpkg, rpm: /var/lib/rpm or /usr/lib/sysimage/rpm)");
	return NULL;
}

int package_index_load(const HostRoot *root, PackageIndex *ret, Error **ret_error)
{
	const PackageDriver *driver = find_driver(root, ret_error);

	return driver ? load_with(root, driver, ret, ret_error) : -ENOPKG;
}

static bool is_of_programs(const char *path)
{
	static const char *const places[] = { "/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32",
		"/lib64", "/libx32" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (path_is_below(path, places[i]) && strcmp(path, places[i]) != 0)
			return true;
	return false;
}

int package_index_load_programs(
	const HostRoot *root, PackageIndex *ret, char ***ret_essential, Error **ret_error)
{
	_cleanup_strv_ char **essential = NULL;
	_cleanup_free_ char *text = NULL;
	const PackageDriver *driver = find_driver(root, ret_error);
	int r;

	if (!driver)
		return -ENOPKG;
	r = read_database(root, driver, is_of_programs, &text, ret_error);
	if (r == 0 && driver->read_essential)
		r = driver->read_essential(root, &essential, ret_error);
	if (r < 0)
		return r;
	r = parse_database(driver, TAKE_PTR(text), ret, ret_error);
	if (r < 0)
		return r;
	*ret_essential = TAKE_PTR(essential);
	return 0;
}
