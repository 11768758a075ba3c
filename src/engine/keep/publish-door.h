/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the publishing process has in hand: doors, each a bound socket, and who came in through them. Everything has its place for good, since the loop may
 * still name one that was left in the same round. Only what came by the loopback interface goes on: to anything else the rules are the way, and without
 * them the door is shut.
 */
#pragma once

#include <sys/types.h>

#include "base/loop.h"
#include "engine/keep/publish-order.h"

#define STREAMS_MAX 256u /* connections at once; the others wait */
#define FLOWS_MAX 256u /* peers of UDP; the one that was silent longest gives way */

typedef struct Doors Doors;

typedef struct Door {
	Doors *doors;
	LoopWatch watch;
	int fd; /* -EBADF: no door */
	PublishOrder order;
	bool held; /* nobody comes in: the kernel keeps who comes */
	unsigned int waiting; /* so many did when it was opened, ... */
	int64_t open_until; /* ... and others, until then (clock_now_msec()), may have been on their way */
} Door;

typedef struct StreamWay { /* from one end to the other */
	char *data;
	size_t start, end;
	bool ended, shut; /* nothing more is read; the other end was told so */
} StreamWay;

typedef struct StreamEnd {
	struct PublishStream *stream;
	LoopWatch watch;
	int fd;
} StreamEnd;

typedef struct PublishStream {
	Door *door; /* NULL: a free place */
	bool connected;
	StreamEnd ends[2]; /* who came, the container */
	StreamWay ways[2]; /* from ends[i] */
} PublishStream;

typedef struct PublishFlow {
	Door *door; /* NULL: a free place */
	LoopWatch watch;
	int fd; /* connected to the container */
	struct sockaddr_storage peer, local;
	socklen_t peer_size;
	int64_t used; /* clock_now_msec() */
} PublishFlow;

struct Doors {
	pid_t parent;
	Loop loop;
	Door door[PUBLICATION_MAX *
		  2]; /* for a change the new ones are there before the old ones go */
	PublishStream streams[STREAMS_MAX];
	size_t n_streams;
	PublishFlow flows[FLOWS_MAX];
	LoopTimer silence; /* set while there are flows */
};

bool door_is_loopback(const struct sockaddr_storage *address);

/* publish-stream.c: somebody is at the door; the door is shut. */
void streams_accept(void *door);
void streams_leave(const Door *door);

/* publish-flow.c */
void flows_accept(void *door);
void flows_leave(const Door *door);
