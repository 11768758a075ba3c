/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reserved labels as links KIND/LABEL to the container that has it. Of a static level there may be several, so that the link's name
 * has the container's as well.
 */
#include "label/label-reservation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/reservation.h"
#include "base/strv.h"

static const char *const kind_names[_RESERVE_KIND_MAX] = {
	[RESERVE_MCS] = "mcs",
	[RESERVE_STATIC] = "static",
	[RESERVE_SMACK] = "smack",
};

static ReserveKind kind_from_name(const char *name)
{
	for (size_t i = 0; i < _RESERVE_KIND_MAX; i++)
		if (strcmp(kind_names[i], name) == 0)
			return (ReserveKind)i;
	return _RESERVE_KIND_INVALID;
}

static void reservation_done(LabelReservation *entry)
{
	free(entry->container);
	free(entry->text);
	*entry = (LabelReservation){};
}

void reserve_done(ReserveTable *table)
{
	for (size_t i = 0; i < table->n; i++)
		reservation_done(&table->entries[i]);
	free(table->entries);
	(void)fd_close(table->lock_fd);
	*table = (ReserveTable){ .lock_fd = -EBADF };
}

static int append(
	ReserveTable *table, const char *container, ReserveKind kind, const char *text, size_t size)
{
	LabelReservation entry = { .kind = kind };

	if (array_room(&table->entries, table->n, sizeof(*table->entries)) < 0)
		return -ENOMEM;
	entry.container = strdup(container);
	entry.text = strndup(text, size);
	if (!entry.container || !entry.text) {
		reservation_done(&entry);
		return -ENOMEM;
	}
	table->entries[table->n++] = entry;
	return 0;
}

static int parse_line(char *line, ReserveTable *table)
{
	_cleanup_strv_ char **fields = NULL;
	ReserveKind kind;
	size_t n;

	if (strv_split(&fields, line, " ") < 0)
		return -ENOMEM;
	n = strv_length(fields);
	if (n < 3 || n > 4 || strchr(fields[2], '/'))
		return -EINVAL;
	kind = kind_from_name(fields[1]);
	return kind < 0 ? -EINVAL : append(table, fields[0], kind, fields[2], strlen(fields[2]));
}

int reserve_parse(const char *text, const char *file, ReserveTable *table, Error **ret_error)
{
	for (unsigned int number = 1; *text; number++) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, n);
		int r;

		if (!line)
			return error_oom(ret_error);
		r = text[n] == '\n' ? parse_line(line, table) : -EINVAL;
		if (r == -ENOMEM)
			return error_oom(ret_error);
		if (r < 0)
			return error_set(ret_error, -r,
				"%s:%u: this is not a reserved label (CONTAINER KIND LABEL [PID])",
				file, number);
		text += n + 1;
	}
	return 0;
}

/* The link's name in the directory of its kind. */
static char *link_name(const char *container, ReserveKind kind, const char *text)
{
	char *name;

	if (kind != RESERVE_STATIC)
		return strdup(text);
	return asprintf(&name, "%s@%s", text, container) < 0 ? NULL : name;
}

static char *link_path(ReserveKind kind, const char *name)
{
	return layout_pathf(LAYOUT_RESERVATIONS, "%s/%s", kind_names[kind], name);
}

/* 1 or 2: the container's, now or already; 0: another one's. */
static int take(const char *container, ReserveKind kind, const char *name,
	char ret_holder[static RESERVATION_OWNER_MAX], Error **ret_error)
{
	_cleanup_free_ char *path = link_path(kind, name);

	return path ? reservation_take(path, container, ret_holder, ret_error)
		    : error_oom(ret_error);
}

static char *former_path(bool transient)
{
	return transient ? layout_pathf(LAYOUT_RUN, ".labels")
			 : layout_pathf(LAYOUT_RESERVATIONS, "labels");
}

/* Moves what an earlier release wrote into one file. */
static int move_former(const char *path, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read_optional(path, &text, &size, ret_error);

	if (r <= 0)
		return r;
	if (strlen(text) != size)
		return error_set(ret_error, EINVAL, "%s: it contains a NUL byte", path);
	r = reserve_parse(text, path, &table, ret_error);
	for (size_t i = 0; r >= 0 && i < table.n; i++) {
		const LabelReservation *e = &table.entries[i];
		_cleanup_free_ char *name = link_name(e->container, e->kind, e->text);
		char holder[RESERVATION_OWNER_MAX];

		r = name ? take(e->container, e->kind, name, holder, ret_error)
			 : error_oom(ret_error);
	}
	if (r >= 0 && unlink(path) < 0)
		return error_errno(ret_error, errno, "cannot remove %s", path);
	return r < 0 ? r : 0;
}

int reserve_lock(ReserveTable *ret, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "labels.lock");
	int r = lock ? file_lock(lock, &table.lock_fd, ret_error) : error_oom(ret_error);

	for (int transient = 0; r == 0 && transient < 2; transient++) {
		_cleanup_free_ char *path = former_path(transient);

		r = path ? move_former(path, ret_error) : error_oom(ret_error);
	}
	if (r < 0)
		return r;
	*ret = table;
	table = (ReserveTable){ .lock_fd = -EBADF };
	return 0;
}

static int load_link(ReserveTable *table, ReserveKind kind, const char *name, Error **ret_error)
{
	_cleanup_free_ char *path = link_path(kind, name);
	char container[RESERVATION_OWNER_MAX];

	if (!path)
		return error_oom(ret_error);
	reservation_holder(path, container);
	if (!*container || reservation_owner_is_gone(container))
		return 0;
	return append(table, container, kind, name,
		       kind == RESERVE_STATIC ? strcspn(name, "@") : strlen(name)) < 0
		       ? error_oom(ret_error)
		       : 0;
}

static int load_kind(ReserveTable *table, ReserveKind kind, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "%s", kind_names[kind]);
	_cleanup_strv_ char **names = NULL;
	int r = path ? file_list(path, "", &names, ret_error) : error_oom(ret_error);

	STRV_FOREACH (name, names)
		if (r == 0)
			r = load_link(table, kind, *name, ret_error);
	return r;
}

int reserve_load(ReserveTable *ret, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	int r = reserve_lock(&table, ret_error);

	for (ReserveKind kind = 0; r == 0 && kind < _RESERVE_KIND_MAX; kind++)
		r = load_kind(&table, kind, ret_error);
	if (r < 0)
		return r;
	*ret = table;
	table = (ReserveTable){ .lock_fd = -EBADF };
	return 0;
}

bool reserve_has(const char *container, ReserveKind kind, const char *text)
{
	_cleanup_free_ char *name = link_name(container, kind, text),
			    *path = name ? link_path(kind, name) : NULL;
	char holder[RESERVATION_OWNER_MAX];

	if (!path)
		return false;
	reservation_holder(path, holder);
	return strcmp(holder, container) == 0;
}

/* All that the container has but this. */
static int release_but(const char *container, ReserveKind kind, char *name, Error **ret_error)
{
	char *const keep[] = { name, NULL };
	int r = 0;

	for (ReserveKind k = 0; r == 0 && k < _RESERVE_KIND_MAX; k++) {
		_cleanup_free_ char *directory =
			layout_pathf(LAYOUT_RESERVATIONS, "%s", kind_names[k]);

		r = directory ? reservation_release_all(
					directory, container, k == kind ? keep : NULL, ret_error)
			      : error_oom(ret_error);
	}
	return r;
}

int reserve_add(const char *container, ReserveKind kind, const char *text, Error **ret_error)
{
	_cleanup_free_ char *name = link_name(container, kind, text);
	char holder[RESERVATION_OWNER_MAX];
	int r;

	if (!name)
		return error_oom(ret_error);
	if (strchr(text, '/'))
		return error_set(ret_error, EINVAL, "container %s: the label %s has a slash",
			container, text);
	r = take(container, kind, name, holder, ret_error);
	if (r == 0)
		return error_set(ret_error, EEXIST,
			"container %s: the label %s is that of container %s", container, text,
			*holder ? holder : "that was just deleted");
	return r < 0 ? r : release_but(container, kind, name, ret_error);
}

int reserve_release(const char *container, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_free_ char *former = former_path(false), *transient = former_path(true);
	int r = 0;

	if (!former || !transient)
		return error_oom(ret_error);
	if (file_exists(former) || file_exists(transient))
		r = reserve_lock(&table, ret_error);
	return r < 0 ? r : release_but(container, _RESERVE_KIND_INVALID, NULL, ret_error);
}
