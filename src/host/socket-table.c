/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line for each socket, whose number /proc/PID/fd/N -> socket:[NUMBER] has, too.
 */
#include "host/socket-table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

#define STATE_LISTEN 0x0a
#define STATE_UNCONNECTED 0x07 /* of UDP */
#define UNIX_ACCEPTS 0x10000 /* __SO_ACCEPTCON */

const SocketTable socket_tables[SOCKET_TABLES] = { { "/proc/net/tcp", false },
	{ "/proc/net/tcp6", false }, { "/proc/net/udp", true }, { "/proc/net/udp6", true } };

bool socket_table_next(char **text, bool udp, SocketRow *ret)
{
	unsigned int wanted = udp ? STATE_UNCONNECTED : STATE_LISTEN;
	char *line;

	while ((line = strsep(text, "\n"))) {
		SocketRow row = {};
		unsigned int state;

		if (sscanf(line,
			    " %*u: %32[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*x %2x %*s %*s %*s %*s %*s %23[0-9]",
			    row.address, &row.port, &state, row.inode) != 4 ||
			state != wanted || row.port == 0 ||
			(udp && row.port >= SOCKET_EPHEMERAL_MIN))
			continue;
		*ret = row;
		return true;
	}
	return false;
}

bool socket_table_next_unix(char **text, SocketRow *ret)
{
	char *line;

	while ((line = strsep(text, "\n"))) {
		SocketRow row = {};
		unsigned int flags;
		int at = 0;

		if (sscanf(line, "%*x: %*x %*x %x %*x %*x %23[0-9] %n", &flags, row.inode, &at) !=
				2 ||
			!(flags & UNIX_ACCEPTS) || at == 0 || line[at] != '/')
			continue;
		row.path = line + at;
		*ret = row;
		return true;
	}
	return false;
}

int socket_each_process(int (*each)(const char *process, void *data), void *data)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int r = 0;

	if (!proc)
		return -errno;
	while (r == 0 && (entry = readdir(proc))) {
		_cleanup_free_ char *process = NULL;

		if (*entry->d_name < '1' || *entry->d_name > '9')
			continue;
		process = path_join("/proc", entry->d_name);
		r = process ? each(process, data) : -ENOMEM;
	}
	return r;
}

int socket_each_inode(const char *process, int (*each)(const char *inode, void *data), void *data)
{
	_cleanup_free_ char *place = path_join(process, "fd");
	_cleanup_dir_ DIR *directory = place ? opendir(place) : NULL;
	const struct dirent *entry;
	int r = 0;

	if (!place)
		return -ENOMEM;
	while (r == 0 && directory && (entry = readdir(directory))) {
		char target[64], inode[24];
		ssize_t n = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

		target[n < 0 ? 0 : n] = '\0';
		if (sscanf(target, "socket:[%23[0-9]", inode) == 1)
			r = each(inode, data);
	}
	return r;
}
