/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stale containers. The kernel marks a mapped file that was unlinked with " (deleted)" in /proc/PID/maps; a package manager replaces files by
 * renaming over them, which unlinks the old ones.
 */
#include "sandbox/stale.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macro.h"
#include "engine/processes.h"

static bool maps_are_stale(const char *maps)
{
	for (const char *line = maps; line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t n = strcspn(line, "\n");
		const char *path = memchr(line, '/', n);
		static const char mark[] = " (deleted)";

		if (path && strncmp(path, "/usr/", 5) == 0 && n > sizeof(mark) &&
			strncmp(line + n - (sizeof(mark) - 1), mark, sizeof(mark) - 1) == 0)
			return true;
	}
	return false;
}

static bool process_is_stale(pid_t pid)
{
	_cleanup_free_ char *maps = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid); /* always fits */
	return file_read(path, &maps, NULL, NULL) >= 0 && maps_are_stale(maps);
}

/* Where a change of programs or libraries shows: the package databases, and the directories in which most of them are. */
static const char *const changing[] = {
	"/var/lib/dpkg/status",
	"/var/lib/rpm/rpmdb.sqlite",
	"/usr/lib/sysimage/rpm/rpmdb.sqlite",
	"/usr/bin",
	"/usr/sbin",
	"/usr/lib",
	"/usr/lib64",
	"/usr/lib/x86_64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu",
	"/usr/lib/systemd",
	"/usr/libexec",
	"/usr/local/bin",
	"/usr/local/sbin",
	"/usr/local/lib",
};

/* The time of the last change of status, which cannot be set, unlike that of the content. */
static bool changed_since(const char *path, int64_t since)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_ctime >= since;
}

/* To read the maps of all its processes costs a millisecond for each container, and most often nothing was replaced since it started. */
static bool is_possible(int64_t since)
{
	for (size_t i = 0; i < ARRAY_SIZE(changing); i++)
		if (changed_since(changing[i], since))
			return true;
	return false;
}

int stale_check(const RunState *state, bool *ret)
{
	_cleanup_processes_ Processes processes = { 0 };
	int r;

	*ret = false;
	if (!is_possible(state->since))
		return 0;
	r = processes_list(state, &processes);
	if (r < 0)
		return r;
	for (size_t i = 0; i < processes.count && !*ret; i++)
		*ret = process_is_stale(processes.pids[i]);
	return 0;
}
