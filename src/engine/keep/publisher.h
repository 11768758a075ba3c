/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports, the holder's side: a bound socket on each, so that one that is taken is refused, and one that we have cannot be taken. What comes to the
 * host's loopback interface is relayed through the socket, by a process of its own (publish-process.h); all else is translated by the links' rules before it
 * gets to the socket. That process also takes the rules back when its parent is killed.
 */
#pragma once

#include <sys/types.h>

#include "base/loop.h"
#include "engine/spec/spec.h"
#include "net/publication.h"

typedef struct PublisherSocket {
	char *text;
	Publication publication;
	struct sockaddr_in target; /* where the loopback interface's go */
	int fd;
} PublisherSocket;

typedef struct Publisher {
	pid_t pid; /* of the process, 0: none, since nothing is published */
	int channel;
	Loop *loop; /* of who can start the process again when it has died; NULL: nobody */
	LoopWatch watch;
	int64_t started; /* clock_now_msec() */
	PublisherSocket *sockets;
	size_t n;
	bool held; /* who comes by TCP waits */
	char **list; /* held: what is to be published then */
} Publisher;

#define PUBLISHER_NONE ((Publisher){ .channel = -EBADF, .watch = LOOP_WATCH_NONE })

/* What the Spec says and was not published yet. On failure nothing is changed. -EADDRINUSE: somebody has the port; -EADDRNOTAVAIL: no such address. */
int publisher_add(Publisher *publisher, const Spec *spec, Error **ret_error);
/* Of a container that runs: this list in place of the Spec's, which is saved in the run directory with it. */
int publisher_change(
	Publisher *publisher, Spec *spec, char *const *list, int run_fd, Error **ret_error);
/* Who comes by TCP waits from now on, for the container to start again; who is connected stays so. *ret: a line for each socket, "FD PUBLICATION". */
int publisher_hold(Publisher *publisher, Spec *spec, char **ret, Error **ret_error);
/* Before the links are made: where the sockets were taken over (held-ports.h), who comes goes on waiting. */
int publisher_begin_held(Publisher *publisher, Spec *spec, Error **ret_error);
/* It is well, or will not be: who waits is let in. Nothing to do where nobody waits. */
int publisher_open(Publisher *publisher, Spec *spec, Error **ret_error);
/* What was withheld is in the Spec again, for its next life. */
void publisher_give_back(Publisher *publisher, Spec *spec);
/* Could they be published just now? A sentence for each that could not. */
int publisher_try(char *const *list, char ***ret_problems, Error **ret_error);
/* When the rules are gone. */
void publisher_end(Publisher *publisher);
#define _cleanup_publisher_ _cleanup_(publisher_end)
