/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of reserved labels: one file on disk for containers that stay, one below /run for those that end with one command, both
 * replaced whole under the lock. A line has about 30 bytes, so that reading all of a thousand containers is one read of a few pages.
 */
#include "label/label-reservation.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
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

static void reservation_done(Reservation *entry)
{
	free(entry->container);
	free(entry->text);
	*entry = (Reservation){};
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
	ReserveTable *table, const char *container, ReserveKind kind, const char *text, pid_t pid)
{
	Reservation entry = { .kind = kind, .pid = pid };

	if (table->n >= RESERVE_MAX)
		return -E2BIG;
	if (array_room(&table->entries, table->n, sizeof(*table->entries)) < 0)
		return -ENOMEM;
	entry.container = strdup(container);
	entry.text = strdup(text);
	if (!entry.container || !entry.text) {
		reservation_done(&entry);
		return -ENOMEM;
	}
	table->entries[table->n++] = entry;
	return 0;
}

static int parse_pid(const char *text, pid_t *ret)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno != 0 || *end != '\0' || pid <= 0 || pid > INT_MAX || *text < '0' || *text > '9')
		return -EINVAL;
	*ret = (pid_t)pid;
	return 0;
}

static int parse_line(char *line, ReserveTable *table)
{
	_cleanup_strv_ char **fields = NULL;
	ReserveKind kind;
	pid_t pid = 0;
	size_t n;

	if (strv_split(&fields, line, " ") < 0)
		return -ENOMEM;
	n = strv_length(fields);
	if (n < 3 || n > 4)
		return -EINVAL;
	kind = kind_from_name(fields[1]);
	if (kind < 0 || (n == 4 && parse_pid(fields[3], &pid) < 0))
		return -EINVAL;
	return append(table, fields[0], kind, fields[2], pid);
}

int reserve_parse(const char *text, const char *file, ReserveTable *table, Error **ret_error)
{
	for (unsigned int number = 1; *text; number++) {
		_cleanup_free_ char *line = NULL;
		size_t n = strcspn(text, "\n");
		int r;

		line = strndup(text, n);
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

static char *table_path(bool transient)
{
	/* A container's name never starts with a dot, so this cannot be one's folder of running state. */
	return transient ? layout_pathf(LAYOUT_RUN, ".labels")
			 : layout_pathf(LAYOUT_RESERVATIONS, "labels");
}

static int load_file(bool transient, ReserveTable *table, Error **ret_error)
{
	_cleanup_free_ char *path = table_path(transient), *text = NULL;
	size_t size;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = file_read_optional(path, &text, &size, ret_error);
	if (r <= 0)
		return r;
	if (strlen(text) != size)
		return error_set(ret_error, EINVAL, "%s: there is a zero byte in it", path);
	return reserve_parse(text, path, table, ret_error);
}

static int save_file(bool transient, const ReserveTable *table, Error **ret_error)
{
	_cleanup_free_ char *path = table_path(transient), *text = NULL;
	_cleanup_buf_ Buf lines = {};
	int r;

	if (!path)
		return error_oom(ret_error);
	for (size_t i = 0; i < table->n; i++) {
		const Reservation *e = &table->entries[i];

		if ((e->pid != 0) != transient)
			continue;
		buf_printf(&lines, "%s %s %s", e->container, kind_names[e->kind], e->text);
		if (transient)
			buf_printf(&lines, " %d", (int)e->pid);
		buf_puts(&lines, "\n");
	}
	r = buf_take(&lines, &text, ret_error);
	if (r < 0)
		return r;
	if (transient) {
		_cleanup_free_ char *directory = layout_path(LAYOUT_RUN);

		if (!directory)
			return error_oom(ret_error);
		r = file_mkdir_p(directory, 0700, ret_error);
		if (r < 0)
			return r;
	}
	return file_write_atomic(path, text, strlen(text), 0600, ret_error);
}

static void remove_entry(ReserveTable *table, size_t i)
{
	reservation_done(&table->entries[i]);
	table->entries[i] = table->entries[--table->n];
}

/* A command that was killed could not give its label back. A process id that was given out again only delays this. */
static void forget_dead(ReserveTable *table)
{
	for (size_t i = 0; i < table->n;) {
		char path[sizeof("/proc/") + 11];

		(void)snprintf(path, sizeof(path), "/proc/%d",
			(int)table->entries[i].pid); /* cannot be cut */
		if (table->entries[i].pid != 0 && !file_exists(path))
			remove_entry(table, i);
		else
			i++;
	}
}

int reserve_load(ReserveTable *ret, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	_cleanup_free_ char *lock = layout_pathf(LAYOUT_RESERVATIONS, "labels.lock");
	int r;

	if (!lock)
		return error_oom(ret_error);
	r = file_lock(lock, &table.lock_fd, ret_error);
	if (r < 0)
		return r;
	r = load_file(false, &table, ret_error);
	if (r < 0)
		return r;
	r = load_file(true, &table, ret_error);
	if (r < 0)
		return r;
	forget_dead(&table);
	*ret = table;
	table = (ReserveTable){ .lock_fd = -EBADF };
	return 0;
}

bool reserve_has(
	const ReserveTable *table, const char *container, ReserveKind kind, const char *text)
{
	for (size_t i = 0; i < table->n; i++) {
		const Reservation *e = &table->entries[i];

		if (e->kind == kind && strcmp(e->container, container) == 0 &&
			strcmp(e->text, text) == 0)
			return true;
	}
	return false;
}

/* Takes the container's entries out; found[transient] says from which files. */
static void remove_container(ReserveTable *table, const char *container, bool found[2])
{
	for (size_t i = 0; i < table->n;) {
		if (strcmp(table->entries[i].container, container) == 0) {
			found[table->entries[i].pid != 0] = true;
			remove_entry(table, i);
		} else {
			i++;
		}
	}
}

static int save_changed(const bool changed[2], const ReserveTable *table, Error **ret_error)
{
	int r = 0;

	for (int transient = 0; transient < 2 && r == 0; transient++)
		if (changed[transient])
			r = save_file(transient, table, ret_error);
	return r;
}

int reserve_add(ReserveTable *table, const char *container, ReserveKind kind, const char *text,
	bool transient, Error **ret_error)
{
	bool changed[2] = {};
	int r;

	remove_container(table, container, changed);
	changed[transient] = true;
	r = append(table, container, kind, text, transient ? getpid() : 0);
	if (r == -ENOMEM)
		return error_oom(ret_error);
	if (r < 0)
		return error_set(ret_error, -r, "container %s: more than %u labels are reserved",
			container, RESERVE_MAX);
	return save_changed(changed, table, ret_error);
}

/* Without the lock: what is asked for is the caller's own reservation, which nobody else makes or takes away. */
static bool anything_reserved(void)
{
	for (int transient = 0; transient < 2; transient++) {
		_cleanup_free_ char *path = table_path(transient);

		if (!path || file_exists(path))
			return true;
	}
	return false;
}

int reserve_release(const char *container, Error **ret_error)
{
	_cleanup_reserve_ ReserveTable table = { .lock_fd = -EBADF };
	bool changed[2] = {};
	int r;

	if (!anything_reserved())
		return 0; /* where no model has labels, the end of a command takes no lock */
	r = reserve_load(&table, ret_error);
	if (r < 0)
		return r;
	remove_container(&table, container, changed);
	return save_changed(changed, &table, ret_error);
}
