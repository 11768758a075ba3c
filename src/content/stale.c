/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stale containers. The kernel marks a mapped file that was unlinked with " (deleted)" in /proc/PID/maps; a package manager replaces files by
 * renaming over them, which unlinks the old ones.
 */
#include "content/stale.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"

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

/* How much of what a container makes us read is read: its processes map as many files as they like. */
#define STALE_BYTES_MAX (8u * 1024 * 1024)
#define STALE_PROCESSES_MAX 1024u

/* What does not fit into the budget, or is gone, is not looked at. */
static bool process_is_stale(pid_t pid, size_t *budget)
{
	_cleanup_free_ char *maps = NULL;
	_cleanup_fd_ int fd = -EBADF;
	char path[64];
	size_t size;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid); /* always fits */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fd_read_all(fd, *budget, &maps, &size) < 0) {
		*budget = 0;
		return false;
	}
	*budget -= size;
	return maps_are_stale(maps);
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

int64_t stale_last_change(void)
{
	int64_t last = 0;
	struct stat st;

	/* The time of the last change of status cannot be set, unlike that of the content. */
	for (size_t i = 0; i < ARRAY_SIZE(changing); i++)
		if (stat(changing[i], &st) == 0 && st.st_ctime > last)
			last = st.st_ctime;
	return last;
}

bool stale_check(const Processes *processes)
{
	size_t budget = STALE_BYTES_MAX;

	for (size_t i = 0; i < processes->count && i < STALE_PROCESSES_MAX && budget > 0; i++)
		if (process_is_stale(processes->pids[i], &budget))
			return true;
	return false;
}
