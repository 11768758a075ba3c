/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record of a take-over: a line for each thing that is to be put back.
 */
#include "sandbox/take-over-record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <virt-sandbox.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/log.h"
#include "base/strv.h"
#include "host/host.h"
#include "sandbox/name-lock.h"
#include "sandbox/registry.h"

#define RECORD_SIZE_MAX 65536u /* bytes */
#define MADE "made\n"
#define DISABLING "disabling\n"

void take_over_record_done(TakeOverRecord *record)
{
	free(record->name);
	free(record->path);
	(void)fd_close(record->fd);
	strv_free(record->stopped);
	strv_free(record->disabled);
	*record = (TakeOverRecord)TAKE_OVER_RECORD_NONE;
}

void take_over_record_commit(TakeOverRecord *record)
{
	if (record->path)
		(void)unlink(
			record->path); /* a disk that does not even do that is not ours to mend */
}

/* The file, locked. */
static int open_record(const char *name, int flags, TakeOverRecord *ret, Error **ret_error)
{
	struct stat st;

	ret->name = strdup(name);
	ret->path = layout_pathf(LAYOUT_RESERVATIONS, "take-over/%s", name);
	if (!ret->name || !ret->path)
		return error_oom(ret_error);
	ret->fd = open(ret->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (ret->fd < 0)
		return error_errno(ret_error, errno, "cannot open %s", ret->path);
	if (flock(ret->fd, LOCK_EX | LOCK_NB) < 0 || fstat(ret->fd, &st) < 0)
		return error_set(
			ret_error, EBUSY, "another command is already taking over as %s", name);
	/* Whoever had it has come to an end just now. */
	return st.st_nlink == 0 ? error_set(ret_error, ENOENT, "%s is gone", ret->path) : 0;
}

static int add_text(const TakeOverRecord *record, const char *text, Error **ret_error)
{
	int r = fd_write_all(record->fd, text, strlen(text));

	if (r == 0 && fsync(record->fd) < 0)
		r = -errno;
	return r < 0 ? error_errno(ret_error, -r, "cannot write %s", record->path) : 0;
}

int take_over_record_begin(
	const char *name, char **stopped, char **disabled, TakeOverRecord *ret, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "take-over"),
			    *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	int r;

	ret->stopped = stopped;
	ret->disabled = disabled;
	if (!directory)
		return error_oom(ret_error);
	STRV_FOREACH (unit, stopped)
		buf_printf(&buf, "stop %s\n", *unit);
	STRV_FOREACH (unit, disabled)
		buf_printf(&buf, "disable %s\n", *unit);
	r = buf_take(&buf, &text, ret_error);
	if (r == 0)
		r = file_mkdir_p(directory, 0700, ret_error);
	if (r == 0)
		r = open_record(name, O_CREAT | O_EXCL, ret, ret_error);
	if (r == -EEXIST)
		return error_set(ret_error, EBUSY,
			"the units of the host that %s says could not be started again; start "
			"them and remove that file",
			ret->path);
	return r < 0 ? r : add_text(ret, text, ret_error);
}

int take_over_record_made(TakeOverRecord *record, Error **ret_error)
{
	record->made = true;
	return add_text(record, MADE, ret_error);
}

int take_over_record_disabling(TakeOverRecord *record, Error **ret_error)
{
	record->disabling = true;
	return add_text(record, DISABLING, ret_error);
}

/* A start by the host's systemd that still waits for its turn is taken back as well. */
static int remove_container(const char *name, Error **ret_error)
{
	_cleanup_free_ char *unit = NULL;
	int r;

	(void)name_lock_sweep(
		NULL); /* of a create that was interrupted; what is left is the next command's */
	if (!registry_exists(name))
		return 0;
	if (asprintf(&unit, "%s_sandbox.service", name) < 0) {
		unit = NULL;
		return error_oom(ret_error);
	}
	if (host_has_systemd())
		(void)host_systemctl("stop", unit, NULL);
	(void)vsb_stop(name, 0,
		NULL); /* killed at once: its data is a copy; what goes on running is what delete says */
	r = vsb_delete(name, ret_error);
	return r == -ENOENT ? 0 : r;
}

static int read_back(TakeOverRecord *record, Error **ret_error)
{
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *text = NULL;
	int r = lseek(record->fd, 0, SEEK_SET) < 0
			? -errno
			: fd_read_all(record->fd, RECORD_SIZE_MAX, &text, NULL);

	if (r < 0)
		return error_errno(ret_error, -r, "cannot read %s", record->path);
	if (strv_split(&lines, text, "\n") < 0)
		return error_oom(ret_error);
	strv_free(record->stopped);
	strv_free(record->disabled);
	record->stopped = record->disabled = NULL;
	STRV_FOREACH (line, lines) {
		if (strncmp(*line, "stop ", 5) == 0)
			r = strv_append(&record->stopped, *line + 5);
		else if (strncmp(*line, "disable ", 8) == 0)
			r = strv_append(&record->disabled, *line + 8);
		if (r < 0)
			return error_oom(ret_error);
	}
	record->made = strv_contains(lines, "made");
	record->disabling = strv_contains(lines, "disabling");
	return 0;
}

int take_over_record_undo(TakeOverRecord *record, Error **ret_error)
{
	_cleanup_error_ Error *start_error = NULL, *enable_error = NULL;
	int r, q, p = 0;

	r = read_back(record, ret_error); /* a child went on writing it */
	if (r < 0)
		return r;
	log_step("give back", "what %s took over", record->name);
	r = record->made ? remove_container(record->name, ret_error) : 0;
	if (record->disabling)
		p = host_systemctl_each("enable", record->disabled, &enable_error);
	q = host_systemctl_each("start", record->stopped, &start_error);
	if (q == 0 && (r < 0 || p == 0))
		return r;
	if (ret_error) {
		error_free(*ret_error);
		*ret_error = q < 0 ? TAKE_PTR(start_error) : TAKE_PTR(enable_error);
	}
	return q < 0 ? q : p;
}

int take_over_sweep(Error **ret_error)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "take-over");
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!directory)
		return error_oom(ret_error);
	r = registry_names_in(directory, "", &names, ret_error);
	STRV_FOREACH (name, names) {
		_cleanup_take_over_record_ TakeOverRecord record = TAKE_OVER_RECORD_NONE;

		if (open_record(*name, 0, &record, NULL) == 0 &&
			take_over_record_undo(&record, NULL) == 0)
			take_over_record_commit(&record);
	}
	return r;
}
