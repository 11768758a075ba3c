/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A walk through the cgroups of a container. Its systemd makes as many below its own as it likes, so what is looked at has a limit.
 */
#include "engine/keep/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"

#define DEPTH_MAX 16 /* of cgroups; systemd makes four levels */
#define LIST_MAX (1U << 16) /* bytes of one cgroup.procs */

void processes_done(Processes *processes)
{
	free(processes->pids);
	processes->pids = NULL;
	processes->count = 0;
}

static void add(Processes *processes, pid_t pid)
{
	if (pid > 0 && pid != processes->pids[0] && processes->count < PROCESSES_MAX)
		processes->pids[processes->count++] = pid;
}

static void add_all(Processes *processes, int fd)
{
	_cleanup_fd_ int list_fd = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *list = NULL;
	char *save = NULL;

	if (list_fd < 0 || fd_read_all(list_fd, LIST_MAX, &list, NULL) < 0)
		return; /* it vanished, so it has no processes */
	for (char *pid = strtok_r(list, "\n", &save); pid; pid = strtok_r(NULL, "\n", &save))
		add(processes, (pid_t)strtol(pid, NULL, 10));
}

/* As most cgroups are leaves, and to list the forty files of one costs more than all else: a directory has two links and one for each below it. */
static bool is_leaf(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || st.st_nlink <= 2;
}

static void walk(Processes *processes, int dir_fd, const char *name, unsigned int depth)
{
	_cleanup_fd_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return;
	add_all(processes, fd);
	if (depth == DEPTH_MAX || is_leaf(fd))
		return;
	dir = fdopendir(fd);
	if (!dir)
		return;
	TAKE_FD(fd);
	for (const struct dirent *entry = readdir(dir); entry && processes->count < PROCESSES_MAX;
		entry = readdir(dir))
		if (entry->d_type == DT_DIR && !path_is_dot(entry->d_name))
			walk(processes, dirfd(dir), entry->d_name, depth + 1);
	(void)closedir(dir);
}

int processes_list(const RunState *state, Processes *ret)
{
	Processes processes = { .pids = malloc(PROCESSES_MAX * sizeof(pid_t)), .count = 1 };

	if (!processes.pids)
		return -ENOMEM;
	processes.pids[0] = state->pid;
	if (state->cgroup)
		walk(&processes, AT_FDCWD, state->cgroup, 0);
	*ret = processes;
	return 0;
}

/* proc(5), /proc/PID/statm: size, resident, shared, ..., in pages. */
static uint64_t private_pages(pid_t pid)
{
	unsigned long long resident, shared;
	_cleanup_free_ char *text = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", pid); /* always fits */
	if (file_read(path, &text, NULL, NULL) < 0 ||
		sscanf(text, "%*u %llu %llu", &resident, &shared) != 2 || shared > resident)
		return 0;
	return resident - shared;
}

uint64_t processes_memory(const Processes *processes)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < processes->count; i++)
		pages += private_pages(processes->pids[i]);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
