/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals as a descriptor, and by name.
 */
#pragma once

#include <signal.h>

#include "base/error.h"

typedef struct Signals {
	int fd; /* readable when one is there; -EBADF: none is taken */
	sigset_t old_mask;
} Signals;

#define SIGNALS_NONE ((Signals){ .fd = -EBADF })

/* Takes these signals, up to a 0, instead of their being handled; in this thread. */
int signals_take(Signals *ret, const int *numbers, Error **ret_error);
int signals_read(const Signals *signals); /* the number of one that was taken, 0: none is there */
void signals_give_back(Signals *signals);

/* "TERM", "KILL", "RTMIN+3": the number, -EINVAL for none. */
int signal_from_name(const char *name);
