/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where units that run on the host listen: the sockets of their processes, and those that systemd keeps for them. Read only; what a process does at this moment is
 * nobody's promise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "host/unit-stop.h"

typedef enum ListenReach {
	LISTEN_ANYWHERE, /* at every address */
	LISTEN_ADDRESS, /* at one of the host's */
	LISTEN_LOOPBACK,
} ListenReach;

typedef struct ListenPort {
	bool udp;
	uint16_t port;
	ListenReach reach; /* the widest that was seen */
} ListenPort;

typedef struct Listening {
	ListenPort *ports; /* sorted */
	size_t n;
	char **sockets; /* paths of UNIX sockets that take connections */
} Listening;

void listening_done(Listening *listening);
#define _cleanup_listening_ _cleanup_(listening_done)

/* Of those of the units that run. */
int unit_listening(const StopUnits *units, Listening *ret, Error **ret_error);

/* The text of /proc/net/tcp, tcp6, udp or udp6, cut up in place: ports that take connections, or packets of anybody, of sockets with one of these numbers. 0, -ENOMEM. */
int listening_parse(char *text, bool udp, char *const *inodes, Listening *listening);
/* A value of Listen= of "systemctl show": "[::]:22 (Stream)". */
int listening_parse_socket(const char *text, Listening *listening);
