/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which unit files this host has, and where.
 */
#include "host/unit-index.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/strv.h"
#include "host/unit-name.h"

#define GENERATED "/run/systemd/generator"

/* By precedence. Where /lib is a link to /usr/lib the last one is the same directory and is skipped. generator.late is missing: it has
 * what init scripts become, which unit-sysv.c makes of the scripts. */
static const char *const unit_directories[] = {
	"/etc/systemd/system.control",
	"/run/systemd/system.control",
	"/run/systemd/transient",
	GENERATED ".early",
	"/etc/systemd/system",
	"/etc/systemd/system.attached",
	"/run/systemd/system",
	"/run/systemd/system.attached",
	GENERATED,
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
};

static int compare_entries(const void *a, const void *b)
{
	const UnitEntry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->priority > y->priority) - (x->priority < y->priority);
}

typedef struct Scan {
	UnitIndex *index;
	size_t priority; /* of the directory that is read */
} Scan;

static int add_entry(int fd, const char *name, unsigned char type, void *data)
{
	Scan *scan = data;
	UnitIndex *index = scan->index;
	UnitEntry *entry;
	int r;

	if ((index->n_entries & (index->n_entries - 1)) == 0) { /* doubles at each power of two */
		UnitEntry *grown = reallocarray(index->entries,
			index->n_entries ? index->n_entries * 2 : 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		index->entries = grown;
	}
	entry = &index->entries[index->n_entries++];
	*entry = (UnitEntry){
		.name = strdup(name),
		.directory = unit_directories[scan->priority],
		.priority = scan->priority,
	};
	r = host_root_link_at(fd, name, type, &entry->link);
	return entry->name ? r : -ENOMEM;
}

static int find_aliases(UnitIndex *index);

static bool is_skipped(const HostRoot *root, bool running, const char *directory)
{
	return (root->merged && strcmp(directory, "/lib/systemd/system") == 0) ||
	       (!running && strncmp(directory, GENERATED, strlen(GENERATED)) == 0);
}

int unit_index_load(const HostRoot *root, bool running, UnitIndex *ret, Error **ret_error)
{
	_cleanup_unit_index_ UnitIndex index = { .root = root };

	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++) {
		Scan scan = { &index, i };
		int r;

		if (is_skipped(root, running, unit_directories[i]))
			continue;
		r = host_root_each(root, unit_directories[i], add_entry, &scan);
		if (r < 0)
			return error_errno(
				ret_error, -r, "cannot list the units of %s", unit_directories[i]);
	}
	if (index.entries)
		qsort(index.entries, index.n_entries, sizeof(*index.entries), compare_entries);
	if (find_aliases(&index) < 0)
		return error_oom(ret_error);
	*ret = index;
	index = (UnitIndex){ 0 };
	return 0;
}

void unit_index_done(UnitIndex *index)
{
	for (size_t i = 0; i < index->n_entries; i++) {
		free(index->entries[i].name);
		free(index->entries[i].link);
		free(index->entries[i].unit);
	}
	free(index->entries);
	*index = (UnitIndex){ 0 };
}

/* The entry that counts for exactly this file name, or NULL. */
static const UnitEntry *get(const UnitIndex *index, const char *name)
{
	size_t low = 0, high = index->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->n_entries && strcmp(index->entries[low].name, name) == 0
		       ? &index->entries[low]
		       : NULL;
}

/* A link into one of the unit directories is an alias; anywhere else it is a linked unit that keeps the link's name. */
static bool is_alias_target(const UnitIndex *index, const char *target)
{
	_cleanup_free_ char *canonical = host_root_canonical(index->root, target);

	for (size_t i = 0; canonical && i < ARRAY_SIZE(unit_directories); i++) {
		size_t n = strlen(unit_directories[i]);

		if (strncmp(canonical, unit_directories[i], n) == 0 && canonical[n] == '/' &&
			!strchr(canonical + n + 1, '/'))
			return true;
	}
	return false;
}

static const UnitEntry *entry_of(const UnitIndex *index, const char *name)
{
	const UnitEntry *entry = get(index, name);
	_cleanup_free_ char *template = NULL;

	if (entry)
		return entry;
	template = unit_name_template(name);
	return template ? get(index, template) : NULL;
}

/* The name that an alias leads to: an instance of a template alias stays that instance. */
static char *alias_name(const char *name, const char *target)
{
	_cleanup_unit_name_ UnitName from = { 0 }, to = { 0 };

	if (unit_name_split(name, &from) < 0 || unit_name_split(target, &to) < 0)
		return NULL;
	if (from.instance && to.instance && !*to.instance)
		return unit_name_instantiate(target, from.instance);
	return strdup(target);
}

static int place_file(const UnitIndex *index, char *path, char **name, UnitPlace *ret)
{
	_cleanup_free_ char *canonical = NULL;
	struct stat st;
	int r;

	canonical = host_root_canonical(index->root, path);
	if (!canonical)
		return -ENOMEM;
	r = host_root_lstat(index->root, canonical, &st);
	if (r < 0)
		return r;
	if (S_ISREG(st.st_mode) &&
		st.st_size == 0) /* systemd takes an empty file for a mask, too */
		return -ERFKILL;
	*ret = (UnitPlace){ .name = TAKE_PTR(*name), .fragment = TAKE_PTR(canonical) };
	return 0;
}

int unit_index_find(const UnitIndex *index, const char *name, UnitPlace *ret)
{
	_cleanup_free_ char *now = strdup(name);

	for (size_t i = 0; now && i < UNIT_ALIAS_MAX; i++) {
		const UnitEntry *entry = entry_of(index, now);
		_cleanup_free_ char *file = NULL, *path = NULL, *next = NULL;

		if (!entry)
			return -ENOENT;
		file = path_join(entry->directory, entry->name);
		if (!file)
			return -ENOMEM;
		path = entry->link ? path_of_link(file, entry->link) : strdup(file);
		if (!path)
			return errno == ENOMEM ? -ENOMEM : -ENOENT;
		if (strcmp(path, "/dev/null") == 0)
			return -ERFKILL;
		if (!entry->link || !is_alias_target(index, path) ||
			strcmp(path_base(path), entry->name) == 0)
			return place_file(index, path, &now, ret);
		next = alias_name(now, path_base(path));
		if (!next)
			return -ENOENT;
		free(now);
		now = TAKE_PTR(next);
	}
	return now ? -ELOOP : -ENOMEM;
}

void unit_place_done(UnitPlace *place)
{
	free(place->name);
	free(place->fragment);
	*place = (UnitPlace){ 0 };
}

/* Where each link leads, once: every unit that is loaded asks for its aliases. */
static int find_aliases(UnitIndex *index)
{
	for (size_t i = 0; i < index->n_entries; i++) {
		UnitEntry *entry = &index->entries[i];
		_cleanup_unit_place_ UnitPlace place = { 0 };
		int r;

		if (!entry->link || !unit_name_is_valid(entry->name) ||
			(i > 0 && strcmp(entry[-1].name, entry->name) == 0))
			continue;
		r = unit_index_find(index, entry->name, &place);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			entry->unit = TAKE_PTR(place.name);
	}
	return 0;
}

int unit_index_aliases(const UnitIndex *index, const char *name, char ***names)
{
	for (size_t i = 0; i < index->n_entries; i++) {
		const UnitEntry *entry = &index->entries[i];

		if (entry->unit && strcmp(entry->unit, name) == 0 &&
			strv_append_unique(names, entry->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Directory names that hold drop-ins for a unit, most specific first: a-b@i.service.d, a-b@.service.d, a-.service.d. */
static int dropin_directories(const char *name, char ***ret)
{
	_cleanup_unit_name_ UnitName split = { 0 };
	int r = unit_name_split(name, &split);

	if (r < 0)
		return r;
	r = strv_appendf(ret, "%s.d", name);
	if (r == 0 && split.instance && *split.instance)
		r = strv_appendf(ret, "%s@.%s.d", split.prefix, split.type);
	while (r == 0) {
		size_t n = strlen(split.prefix);
		char *dash;

		if (n > 0 && split.prefix[n - 1] == '-')
			split.prefix[n - 1] = '\0';
		dash = strrchr(split.prefix, '-');
		if (!dash)
			break;
		dash[1] = '\0';
		r = strv_appendf(ret, "%s.%s.d", split.prefix, split.type);
	}
	return r;
}

static bool has_base(char *const *paths, const char *base)
{
	STRV_FOREACH (path, paths)
		if (strcmp(path_base(*path), base) == 0)
			return true;
	return false;
}

/* Adds the *.conf of one drop-in directory; a file name that was seen before has been overridden. */
static int add_dropins(
	const UnitIndex *index, const char *directory, const char *name, char ***paths)
{
	_cleanup_free_ char *path = path_join(directory, name);
	_cleanup_strv_ char **files = NULL;

	if (!path)
		return -ENOMEM;
	if (host_root_list(index->root, path, &files) <
		0) /* unreadable: nothing that systemd could read either */
		return 0;
	STRV_FOREACH (file, files) {
		size_t n = strlen(*file);

		if (n <= strlen(".conf") || strcmp(*file + n - strlen(".conf"), ".conf") != 0 ||
			has_base(*paths, *file))
			continue;
		if (strv_length(*paths) >= UNIT_DROPINS_MAX)
			return -E2BIG;
		if (strv_appendf(paths, "%s/%s", path, *file) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int compare_bases(const void *a, const void *b)
{
	return strcmp(path_base(*(char *const *)a), path_base(*(char *const *)b));
}

static bool has_entry(const UnitIndex *index, const char *name, size_t priority)
{
	const UnitEntry *entry = get(index, name), *end = index->entries + index->n_entries;

	for (; entry && entry < end && strcmp(entry->name, name) == 0; entry++)
		if (entry->priority == priority)
			return true;
	return false;
}

/* As systemd looks: through all load paths for one name, in each of them the most specific directory first. */
static int add_dropins_everywhere(const UnitIndex *index, char *const *names, char ***paths)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++)
		STRV_FOREACH (name, names) {
			int r = has_entry(index, *name, i)
					? add_dropins(index, unit_directories[i], *name, paths)
					: 0;

			if (r < 0)
				return r;
		}
	return 0;
}

int unit_index_dropins(const UnitIndex *index, char *const *names, char ***ret)
{
	_cleanup_strv_ char **paths = NULL, **type_level = NULL;
	_cleanup_unit_name_ UnitName split = { 0 };
	int r;

	STRV_FOREACH (name, names) {
		_cleanup_strv_ char **directories = NULL;

		r = dropin_directories(*name, &directories);
		if (r == 0)
			r = add_dropins_everywhere(index, directories, &paths);
		if (r < 0)
			return r;
	}
	/* service.d: for every unit of the type, and the weakest */
	r = names ? unit_name_split(names[0], &split) : 0;
	if (r == 0 && split.type)
		r = strv_appendf(&type_level, "%s.d", split.type);
	if (r == 0)
		r = add_dropins_everywhere(index, type_level, &paths);
	if (r < 0)
		return r;
	if (paths)
		qsort(paths, strv_length(paths), sizeof(*paths), compare_bases);
	*ret = TAKE_PTR(paths);
	return 0;
}

int unit_index_links(const UnitIndex *index, const char *name, const char *suffix, char ***ret)
{
	_cleanup_free_ char *directory = NULL;

	if (asprintf(&directory, "%s.%s", name, suffix) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++) {
		_cleanup_free_ char *path = NULL;
		_cleanup_strv_ char **links = NULL;

		if (!has_entry(index, directory, i))
			continue;
		path = path_join(unit_directories[i], directory);
		if (!path)
			return -ENOMEM;
		if (host_root_list(index->root, path, &links) < 0) /* unreadable for systemd, too */
			continue;
		STRV_FOREACH (link, links)
			if (unit_name_is_valid(*link) && strv_append_unique(ret, *link) < 0)
				return -ENOMEM;
	}
	return 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

int unit_index_all_links(const UnitIndex *index, char ***ret_names, char ***ret_vendor)
{
	for (const UnitEntry *e = index->entries; e && e < index->entries + index->n_entries; e++) {
		_cleanup_free_ char *path = NULL;
		_cleanup_strv_ char **links = NULL;
		bool vendor =
			path_is_below(e->directory, "/usr") || path_is_below(e->directory, "/lib");

		if (!has_suffix(e->name, ".wants") && !has_suffix(e->name, ".requires"))
			continue;
		path = path_join(e->directory, e->name);
		if (!path)
			return -ENOMEM;
		if (host_root_list(index->root, path, &links) < 0) /* unreadable for systemd, too */
			continue;
		STRV_FOREACH (link, links)
			if (strv_append_unique(ret_names, *link) < 0 ||
				(vendor && strv_appendf(ret_vendor, "%s/%s", e->name, *link) < 0))
				return -ENOMEM;
	}
	return 0;
}
