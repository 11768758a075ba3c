/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The live descriptors of a start, beside the Spec, which has none. All are borrowed.
 */
#pragma once

#include <errno.h>

typedef struct Channels {
	int stdio
		[3]; /* what the first process gets as 0, 1, 2; -EBADF: the console, or /dev/null where there is none */
	unsigned int
		preserved; /* that many from 3 on are the first process's, too, under their numbers */
	int console_socket; /* gets the console's master, as SCM_RIGHTS; -EBADF: the Run keeps it */
	/* FIFOs, both ends open: before its program the first process waits until it can read a byte from the gate, and what fails from then on it
	 * writes to the answer. -EBADF: it does not wait. */
	int gate, answer;
} Channels;

#define CHANNELS_NONE                                                                              \
	((Channels){ .stdio = { -EBADF, -EBADF, -EBADF },                                          \
		.console_socket = -EBADF,                                                          \
		.gate = -EBADF,                                                                    \
		.answer = -EBADF })
