/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports over a restart. Who restarts a container takes second descriptors of the sockets that listen, by pidfd_getfd(2), and leaves a note of them; the next
 * supervisor takes them over in the same way. In between the kernel keeps who comes: nobody is refused.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

typedef struct HeldPorts {
	char *path; /* of the note; NULL: none */
	int *fds;
	char **publications;
	size_t n;
} HeldPorts;

#define HELD_PORTS_NONE                                                                            \
	{                                                                                          \
		0                                                                                  \
	}

/* Asks the supervisor. Nothing is published: success, and none. */
int held_ports_take(const char *name, HeldPorts *ret, Error **ret_error);
/* Waits, so many seconds at most, until nobody is connected to them inside any more. */
void held_ports_drain(const char *name, const HeldPorts *held, unsigned int seconds);
void held_ports_done(HeldPorts *held);
#define _cleanup_held_ports_ _cleanup_(held_ports_done)

/* The next supervisor: the socket of this publication, if somebody holds it. */
bool held_ports_adopt(const char *name, const char *publication, int *ret_fd);
/* Is whoever restarts the container still alive? */
bool held_ports_are_held(const char *name);
