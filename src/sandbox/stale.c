/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stale containers. The kernel marks a mapped file that was unlinked with " (deleted)" in /proc/PID/maps; a package manager replaces files by
 * renaming over them, which unlinks the old ones.
 */
#include "sandbox/stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define STALE_PROCESSES_MAX 4096 /* processes of one container that are looked at */

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

static bool process_is_stale(long pid)
{
	_cleanup_free_ char *maps = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/maps", pid); /* always fits */
	return file_read(path, &maps, NULL, NULL) >= 0 && maps_are_stale(maps);
}

int stale_check(const RunState *state, bool *ret)
{
	_cleanup_free_ char *path = NULL, *pids = NULL;
	char *save = NULL;
	size_t n = 0;
	int r;

	*ret = process_is_stale(state->pid);
	if (*ret || !state->cgroup)
		return 0;
	if (asprintf(&path, "%s/cgroup.procs", state->cgroup) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_read(path, &pids, NULL, NULL);
	if (r < 0)
		return r;
	for (char *pid = strtok_r(pids, "\n", &save); pid && n < STALE_PROCESSES_MAX;
		pid = strtok_r(NULL, "\n", &save), n++)
		if (process_is_stale(strtol(pid, NULL, 10))) {
			*ret = true;
			break;
		}
	return 0;
}
