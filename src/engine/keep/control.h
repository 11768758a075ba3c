/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the commands and a container's supervisor say to each other: one packet, one message, over a SOCK_SEQPACKET socket that
 * only the host's root can reach. Table, send and receive are in one file; the two stories are in client.c and control-server.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CONTROL_NAME "control" /* of the socket in LAYOUT_RUN/NAME */
#define CONTROL_VERSION 1u
#define CONTROL_DATA_MAX (64u * 1024) /* bytes of one message: a whole console tail */

/* How the lines of CONTROL_REACH begin. */
#define REACH_ALLOW_WORD "allow "
#define REACH_EGRESS_WORD "egress "

typedef enum ControlVerb {
	CONTROL_STOP, /* client: u32 seconds until it is killed; answered, the end is seen by the supervisor's exit */
	CONTROL_RESOURCES, /* client: ControlResources */
	CONTROL_PUBLISH, /* client: what is to be published, a line each */
	CONTROL_REACH, /* client: "allow RULE" and "egress RULE", a line each */
	CONTROL_RELOAD, /* client: nothing; answered when the units inside are reloaded */
	CONTROL_CHANGE, /* client: nothing: what it is from now on lies in the run directory */
	CONTROL_RELEASE, /* client: nothing; answered when a first process that was held runs its program */
	CONTROL_TAIL, /* client: nothing; answered with text */
	CONTROL_ATTACH, /* client: number of a terminal, uint32_t, or nothing: the console; answered, then OUTPUT, INPUT and RESIZE flow */
	CONTROL_INPUT, /* client: bytes for the console */
	CONTROL_RESIZE, /* client: ControlSize */
	CONTROL_OUTPUT, /* supervisor: bytes of the console */
	CONTROL_REPLY, /* supervisor: errno and, with it, a sentence, or the text that was asked for */
	CONTROL_RESOLVER, /* client: what its resolv.conf says in place of the host's, a line each */
	CONTROL_HOLD, /* client: nothing; answered with the sockets that are held, a line each */
	_CONTROL_VERB_MAX,
} ControlVerb;

typedef enum ControlSide {
	CONTROL_CLIENT,
	CONTROL_SUPERVISOR,
} ControlSide;

typedef struct ControlResources { /* as DescResources */
	uint64_t memory, cpu_milli, pids, io_weight;
} ControlResources;

typedef struct ControlSize {
	uint16_t rows, columns;
} ControlSize;

typedef struct ControlHeader {
	uint32_t version, verb, errnum, size;
} ControlHeader;

#define CONTROL_PACKET_MAX (sizeof(ControlHeader) + CONTROL_DATA_MAX)

typedef struct ControlMessage {
	ControlVerb verb;
	int errnum;
	const void *data; /* inside the packet; not aligned */
	size_t size;
} ControlMessage;

const char *control_verb_name(ControlVerb verb); /* NULL outside the enum */

/* Checks version, verb, that this side may send it, and its size. -EPROTO. */
int control_parse(const void *packet, size_t size, ControlSide sender, ControlMessage *ret);

/* One packet; never a signal. flags: MSG_DONTWAIT or 0. 0 or negative errno. */
int control_send(int fd, ControlVerb verb, int errnum, const void *data, size_t size, int flags);
/* A REPLY with an error's errno and sentence, or with 0 and nothing. Best effort: a client that is gone needs no answer. */
void control_reply(int fd, const Error *error);

/* Waits for a packet and parses it. packet: CONTROL_PACKET_MAX bytes, which *ret points into. -ECONNRESET at end of file. */
int control_receive(int fd, ControlSide sender, void *packet, ControlMessage *ret);
