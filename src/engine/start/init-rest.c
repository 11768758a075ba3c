/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looking at /proc of the container, whose PID 1 I am. musl: this is linked into virt-sandbox-init.
 */
#include "engine/start/init-rest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PROCESSES_MAX 256 /* a command that has made so many has started */
#define STAT_MAX 512
#define MIX UINT64_C(0x9e3779b97f4a7c15)
#define PAUSE_MAX 64u /* milliseconds */

static ssize_t read_stat(int proc_fd, const char *pid, char *text)
{
	char path[32];
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%.10s/stat", pid) >= (int)sizeof(path))
		return -1;
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, STAT_MAX - 1);
	(void)close(fd);
	if (n > 0)
		text[n] = '\0';
	return n;
}

/* proc(5): after the name, in brackets and of any characters, come the state, 6 numbers, minor faults, theirs of children, major faults, ..., utime and
 * stime. A process that has run in between has changed one of them. 0: it does not wait. */
static uint64_t done_by(const char *text)
{
	unsigned long minor, major, user, system;
	const char *end = strrchr(text, ')');
	char state;

	if (!end || sscanf(end, ") %c %*d %*d %*d %*d %*d %*u %lu %*u %lu %*u %lu %lu", &state,
			    &minor, &major, &user, &system) != 5)
		return 0;
	if (state != 'S' && state != 'T')
		return 0;
	return ((minor * 31 + major) * 31 + user) * 31 + system + 1;
}

uint64_t rest_look(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned int count = 0;
	uint64_t all = 1;

	if (!proc)
		return 1; /* nothing to be seen: both looks are equal */
	while (all && (entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);
		char text[STAT_MAX];
		uint64_t one;

		if (pid <= 1 || ++count > PROCESSES_MAX)
			continue;
		one = read_stat(dirfd(proc), entry->d_name, text) > 0 ? done_by(text) : 0;
		all = one ? (all ^ (one + (uint64_t)pid)) * MIX | 1 : 0;
	}
	(void)closedir(proc);
	return count > 0 ? all : 0;
}

unsigned int rest_pause(unsigned int looks)
{
	return looks < 6 ? 1u << looks : PAUSE_MAX;
}

void rest_tell(const char *path)
{
	static const char ready[] = "READY=1";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path)); /* fits, and zeroes follow */
	/* Without it the manager gives up in the end, and says so. */
	(void)!sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL, (struct sockaddr *)&address,
		sizeof(address));
	(void)close(fd);
}
