/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The live descriptors of a start, beside the Spec, which has none. All are borrowed.
 */
#pragma once

typedef struct Channels {
	int stdio
		[3]; /* what the first process gets as 0, 1, 2; -EBADF: the console, or /dev/null where there is none */
} Channels;

#define CHANNELS_NONE ((Channels){ .stdio = { -EBADF, -EBADF, -EBADF } })
