/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processes of the service: a cgroup below the container's, which is given to its root.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "direct/service.h"

#define PLACE "/sys/fs/cgroup/service"
#define LIST_MAX (64 * 1024) /* bytes of numbers that are looked at */

int group_begin(Service *s)
{
	if (mkdir(PLACE, 0755) < 0 && errno != EEXIST)
		return -1;
	s->cgroup_fd = open(PLACE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->cgroup_fd < 0 ? -1 : 0;
}

static char *read_file(int dir_fd, const char *name)
{
	char *text = malloc(LIST_MAX + 1);
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, size = 0;

	while (text && fd >= 0 && size < LIST_MAX &&
		(n = read(fd, text + size, (size_t)(LIST_MAX - size))) > 0)
		size += n;
	if (fd >= 0)
		(void)close(fd);
	if (fd < 0 || n < 0) {
		free(text);
		return NULL;
	}
	if (text)
		text[size] = '\0';
	return text;
}

bool group_is_empty(const Service *s)
{
	char *text = read_file(s->cgroup_fd, "cgroup.events");
	bool empty = !text || !strstr(text, "populated 1");

	free(text);
	return empty;
}

/* The next number of the list, which is 0 for a process from outside. */
static bool next_pid(char **text, pid_t *ret)
{
	char *begin = *text;

	if (!begin)
		return false;
	*ret = (pid_t)strtol(begin, text, 10);
	*text += **text == '\n';
	return *text != begin;
}

bool group_has(const Service *s, pid_t pid)
{
	char *text = read_file(s->cgroup_fd, "cgroup.procs"), *end = text;
	bool found = false;
	pid_t listed;

	while (!found && pid > 0 && next_pid(&end, &listed))
		found = listed == pid;
	free(text);
	return found;
}

/* proc(5): the name is in brackets and may be anything; then come the state and the parent. */
static bool is_ours(pid_t pid)
{
	char path[32], *text, *end, state;
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	text = read_file(AT_FDCWD, path);
	end = text ? strrchr(text, ')') : NULL;
	if (!end || sscanf(end, ") %c %d", &state, &parent) != 2 || state == 'Z')
		parent = 0;
	free(text);
	return parent == 1;
}

pid_t group_first(const Service *s)
{
	char *text = read_file(s->cgroup_fd, "cgroup.procs"), *end = text;
	pid_t found = 0, pid;
	unsigned int n = 0;

	while (next_pid(&end, &pid))
		if (pid > 0 && is_ours(pid) && ++n > 0)
			found = pid;
	free(text);
	return n == 1 ? found : 0;
}

static void kill_listed(int dir_fd, int signal)
{
	char *text = read_file(dir_fd, "cgroup.procs"), *end = text;
	pid_t pid;

	while (next_pid(&end, &pid))
		if (pid > 1)
			(void)kill(pid, signal); /* one that has just ended gets nothing */
	free(text);
}

void group_kill(const Service *s, int signal)
{
	int fd = signal == SIGKILL ? openat(s->cgroup_fd, "cgroup.kill", O_WRONLY | O_CLOEXEC) : -1;
	bool all =
		fd >= 0 && write(fd, "1", 1) == 1; /* since Linux 5.14, and with what is below it */

	if (fd >= 0)
		(void)close(fd);
	if (!all)
		kill_listed(s->cgroup_fd, signal);
}
