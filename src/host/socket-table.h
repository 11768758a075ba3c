/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sockets of this host that take connections, or packets of anybody, as the kernel's tables say it, and the processes that hold sockets: proc(5).
 */
#pragma once

#include <stdbool.h>

#define SOCKET_EPHEMERAL_MIN 32768 /* where a sender of UDP gets a port when it asks for none */

typedef struct SocketTable {
	const char *path;
	bool udp;
} SocketTable;

#define SOCKET_TABLES 4
extern const SocketTable socket_tables[SOCKET_TABLES]; /* of TCP and UDP */
#define SOCKET_TABLE_UNIX "/proc/net/unix"

typedef struct SocketRow {
	char address[33]; /* as the kernel prints it, or "" */
	unsigned int port; /* 0: a path */
	const char *path; /* in the text of the table, or NULL */
	char inode[24];
} SocketRow;

/* The next one that counts in the text of a table, which is cut up in place, or false. */
bool socket_table_next(char **text, bool udp, SocketRow *ret);
/* Those with a path. */
bool socket_table_next_unix(char **text, SocketRow *ret);

/* Both end with the first answer that is not 0. process: "/proc/PID". -ENOMEM, or what opendir(3) says of /proc. */
int socket_each_process(int (*each)(const char *process, void *data), void *data);
/* The numbers of the sockets that a process has open, again for each descriptor; of one that has ended, or that we may not look at, none. -ENOMEM. */
int socket_each_inode(const char *process, int (*each)(const char *inode, void *data), void *data);
