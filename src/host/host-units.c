/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's units of a container on disk: written, removed, enabled state forgotten.
 */
#include "host/host.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "host/host-root.h"
#include "host/unit-write.h"

#define SYSTEMD_RUNS "/run/systemd/system" /* sd_booted(3) */

bool host_runs_systemd(void)
{
	return file_exists(SYSTEMD_RUNS);
}

bool host_has_systemd(void)
{
	return *layout_root() == '\0' && host_runs_systemd();
}

/* unit may be NULL for verbs that take none. */
static int systemctl(const char *verb, const char *unit, Error **ret_error)
{
	char *const argv[] = { (char *)"systemctl", (char *)"--no-ask-password", (char *)verb,
		(char *)unit, NULL };

	return spawn_run(argv, NULL, NULL, NULL, ret_error);
}

int host_systemctl(const char *verb, const char *unit, Error **ret_error)
{
	int r = systemctl(verb, unit, ret_error);

	return r < 0 ? error_wrap(ret_error, "systemctl %s %s", verb, unit) : 0;
}

int host_systemctl_start(const char *unit, int interrupt_fd, Error **ret_error)
{
	char *const argv[] = { (char *)"systemctl", (char *)"--no-ask-password", (char *)"start",
		(char *)"--", (char *)unit, NULL };
	struct pollfd fds[] = { { .events = POLLIN }, { .fd = interrupt_fd, .events = POLLIN } };
	_cleanup_spawned_ Spawned systemctl = SPAWNED_NONE;
	_cleanup_fd_ int pidfd = -EBADF;
	int r = spawn_begin(argv, NULL, &systemctl, ret_error);

	if (r < 0)
		return r;
	fds[0].fd = pidfd = (int)syscall(SYS_pidfd_open, systemctl.pid, 0);
	while (pidfd >= 0 && !fds[0].revents)
		if (poll(fds, ARRAY_SIZE(fds), -1) > 0 && !fds[0].revents)
			return error_set(ret_error, EINTR, "interrupted");
	r = spawn_end(&systemctl, NULL, NULL, ret_error);
	return r < 0 ? error_wrap(ret_error, "systemctl start %s", unit) : 0;
}

int host_systemctl_each(const char *verb, char *const *units, Error **ret_error)
{
	_cleanup_strv_ char **argv = NULL;
	int r = 0;

	if (strv_append(&argv, "systemctl") < 0 || strv_append(&argv, "--no-ask-password") < 0 ||
		strv_append(&argv, verb) < 0 || strv_append(&argv, "--") < 0)
		return error_oom(ret_error);
	STRV_FOREACH (unit, units)
		if (strv_append(&argv, *unit) < 0)
			return error_oom(ret_error);
	if (units && *units)
		r = spawn_run(argv, NULL, NULL, NULL, ret_error);
	return r < 0 ? error_wrap(ret_error, "systemctl %s %s", verb, *units) : 0;
}

/* Did we write the file for this container? *ret_ours is false for a missing one; -EEXIST: it is somebody else's. */
static int check_ours(const char *path, const char *mark, bool *ret_ours, Error **ret_error)
{
	_cleanup_free_ char *text = NULL;
	int r = file_read_optional(path, &text, NULL, ret_error);

	if (r == 0)
		*ret_ours = false;
	if (r <= 0)
		return r;
	if (strncmp(text, mark, strlen(mark)) != 0)
		return error_set(ret_error, EEXIST,
			"%s exists and was not written for this container; move it away first",
			path);
	*ret_ours = true;
	return 0;
}

/* *replaced becomes true where there was one of ours. */
static int write_unit(
	const WrittenUnit *unit, const char *mark, char ***paths, bool *replaced, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_UNITS, "%s", unit->name);
	bool ours = false;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = check_ours(path, mark, &ours, ret_error);
	if (r >= 0)
		r = file_write_unsynced(path, unit->text, strlen(unit->text), 0644, ret_error);
	if (r < 0)
		return r;
	*replaced = *replaced || ours;
	return strv_append(paths, path) < 0 ? error_oom(ret_error) : 0;
}

/* systemd finds a new file by itself when the unit is first asked for; to make it read all units of the host again takes longer than all the
 * rest of create. Only a file that it may have read needs that. */
static int write_all(const WrittenUnits *units, const char *mark, char ***paths, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_UNITS);
	bool replaced = false;
	int r;

	if (!directory)
		return error_oom(ret_error);
	r = file_mkdir_p(directory, 0755, ret_error);
	for (size_t i = 0; r == 0 && i < units->n; i++)
		r = write_unit(&units->items[i], mark, paths, &replaced, ret_error);
	if (r == 0 && replaced && host_has_systemd())
		r = systemctl("daemon-reload", NULL, ret_error);
	return r;
}

int host_units_write(const Desc *desc, const Places *places, char ***paths, Error **ret_error)
{
	_cleanup_written_units_ WrittenUnits units = { 0 };
	_cleanup_strv_ char **written = NULL;
	_cleanup_free_ char *mark = NULL;
	int r = unit_write_mark(desc, &mark, ret_error);

	if (r == 0)
		r = unit_write(desc, places, &units, ret_error);
	if (r == 0)
		r = write_all(&units, mark, &written, ret_error);
	if (r < 0) {
		STRV_FOREACH (path, written)
			(void)unlink(*path); /* the failure that is reported is the one before */
		return error_wrap(
			ret_error, "cannot write the host's units of container %s", desc->name);
	}
	STRV_FOREACH (path, written)
		if (strv_append(paths, *path) < 0)
			return error_oom(ret_error);
	return 0;
}

static int refresh_unit(
	const WrittenUnit *unit, const char *mark, bool *replaced, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_UNITS, "%s", unit->name), *text = NULL;
	int r = path ? file_read_optional(path, &text, NULL, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	if (text && (strcmp(text, unit->text) == 0 || strncmp(text, mark, strlen(mark)) != 0))
		return 0;
	*replaced = *replaced || text;
	return file_write_unsynced(path, unit->text, strlen(unit->text), 0644, ret_error);
}

int host_units_refresh(const Desc *desc, const Places *places, Error **ret_error)
{
	_cleanup_written_units_ WrittenUnits units = { 0 };
	_cleanup_free_ char *mark = NULL;
	bool replaced = false;
	int r = unit_write_mark(desc, &mark, ret_error);

	if (r == 0)
		r = unit_write(desc, places, &units, ret_error);
	for (size_t i = 0; r == 0 && i < units.n; i++)
		r = refresh_unit(&units.items[i], mark, &replaced, ret_error);
	if (r == 0 && replaced && host_has_systemd())
		r = systemctl("daemon-reload", NULL, ret_error);
	return r < 0 ? error_wrap(ret_error, "cannot write the host's units of container %s",
			       desc->name)
		     : 0;
}

/* "systemctl enable" has linked the unit into directories like multi-user.target.wants: calls for each that there can be. */
static int each_link(const char *name,
	int (*call)(const char *directory, const char *link, const void *data, Error **ret_error),
	const void *data, Error **ret_error)
{
	_cleanup_free_ char *directory = layout_path(LAYOUT_UNITS);
	_cleanup_host_root_ HostRoot root = { .fd = -EBADF };
	_cleanup_strv_ char **entries = NULL;
	int r = directory ? host_root_open(&root, NULL, ret_error) : error_oom(ret_error);

	if (r < 0)
		return r;
	if (host_root_list(&root, directory, &entries) < 0) /* then there are no links in it */
		return 0;
	STRV_FOREACH (entry, entries) {
		const char *suffix = strrchr(*entry, '.');
		_cleanup_free_ char *place = NULL, *link = NULL;

		if (!suffix || (strcmp(suffix, ".wants") != 0 && strcmp(suffix, ".requires") != 0))
			continue;
		place = path_join(directory, *entry);
		link = place ? path_join(place, name) : NULL;
		r = link ? call(place, link, data, ret_error) : error_oom(ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int remove_link(const char *directory, const char *link, const void *data, Error **ret_error)
{
	(void)directory;
	(void)data;
	return unlink(link) < 0 && errno != ENOENT && errno != ENOTDIR
		       ? error_errno(ret_error, errno, "cannot remove %s", link)
		       : 0;
}

/* data: the name of the unit that shall be enabled as this one is. */
static int copy_link(const char *directory, const char *link, const void *data, Error **ret_error)
{
	_cleanup_free_ char *unit = layout_pathf(LAYOUT_UNITS, "%s", (const char *)data),
			    *copy = path_join(directory, data);
	struct stat st;

	if (!unit || !copy)
		return error_oom(ret_error);
	if (lstat(link, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	return symlink(unit, copy) < 0 && errno != EEXIST
		       ? error_errno(ret_error, errno, "enable %s", unit)
		       : 0;
}

static int remove_unit(const char *name, const char *mark, Error **ret_error)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_UNITS, "%s", name);
	bool ours;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = check_ours(path, mark, &ours, NULL);
	if (r == -EEXIST) /* an administrator's own unit of that name stays, enabled as it is */
		return 0;
	if (r == 0 && ours && unlink(path) < 0 && errno != ENOENT)
		return error_errno(ret_error, errno, "cannot remove %s", path);
	if (r < 0)
		return error_errno(ret_error, -r, "cannot remove %s", path);
	return each_link(name, remove_link, NULL, ret_error);
}

int host_units_remove(const Desc *desc, const Places *places, Error **ret_error)
{
	_cleanup_written_units_ WrittenUnits units = { 0 };
	_cleanup_free_ char *mark = NULL;
	int r = unit_write_mark(desc, &mark, ret_error);

	if (r == 0)
		r = unit_write(desc, places, &units, ret_error);
	for (size_t i = 0; r == 0 && i < units.n; i++)
		r = remove_unit(units.items[i].name, mark, ret_error);
	if (r < 0 || !host_has_systemd())
		return r;
	for (size_t i = 0; i < units.n; i++)
		(void)systemctl("reset-failed", units.items[i].name,
			NULL); /* fails for units that never failed */
	return systemctl("daemon-reload", NULL, ret_error);
}

int host_units_rename(const Desc *from, const Places *from_places, const Desc *to,
	const Places *to_places, Error **ret_error)
{
	_cleanup_written_units_ WrittenUnits old = { 0 }, new = { 0 };
	_cleanup_strv_ char **paths = NULL;
	int r = host_units_write(to, to_places, &paths, ret_error);

	if (r == 0)
		r = unit_write(from, from_places, &old, ret_error);
	if (r == 0)
		r = unit_write(to, to_places, &new, ret_error);
	for (size_t i = 0; r == 0 && i < old.n && i < new.n; i++)
		r = each_link(old.items[i].name, copy_link, new.items[i].name, ret_error);
	return r < 0 ? r : host_units_remove(from, from_places, ret_error);
}
