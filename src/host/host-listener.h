/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who listens on this host, in the network namespace that we are in: ports of TCP, ports of UDP that take packets of anybody, paths of UNIX sockets, each with the
 * process that holds it. Read only; what a process does at this moment is nobody's promise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct HostListener {
	unsigned int port; /* 0: a path */
	char *path;
	char *inode; /* of the socket, as the kernel prints it */
	/* of the first process that was found to hold it, by host_listeners_find_holders() */
	char *unit; /* NULL: of none */
	char *command; /* its name; NULL: no process was found */
	char *program; /* path; NULL: unknown */
} HostListener;

typedef struct HostListeners {
	HostListener *listeners;
	size_t n;
	bool held; /* their holders were looked for */
} HostListeners;

void host_listeners_done(HostListeners *listeners);
#define _cleanup_host_listeners_ _cleanup_(host_listeners_done)

/* What cannot be read has no listeners. 0 or -ENOMEM. */
int host_listeners_read(HostListeners *ret);
/* Looks at each descriptor of each process, at the first call; of one that ends meanwhile, or that we may not look at, nothing is known. 0 or -ENOMEM. */
int host_listeners_find_holders(HostListeners *listeners);
/* The one at this port, or, where that is 0, at this path; NULL: none. */
const HostListener *host_listeners_find(
	const HostListeners *listeners, unsigned int port, const char *path);

/* The text of /proc/net/tcp, tcp6, udp or udp6, and that of /proc/net/unix, cut up in place; appended. 0 or -ENOMEM. */
int host_listeners_parse(char *text, bool udp, HostListeners *listeners);
int host_listeners_parse_unix(char *text, HostListeners *listeners);
