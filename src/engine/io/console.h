/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the container's console said last, as sanitized text.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define CONSOLE_SIZE (64u * 1024) /* bytes that are remembered */

typedef struct Console {
	int state; /* of the filter, between two pieces */
	size_t used, at; /* at: where the next byte goes */
	char ring[CONSOLE_SIZE];
} Console;

/* Adds a piece as it came from the pty. The sanitized text of it, which has room for size + 1 bytes, is written to text. Returns its length. */
size_t console_add(Console *console, const char *data, size_t size, char *text);

/* All that is remembered, oldest first, newly allocated. */
int console_tail(const Console *console, char **ret, Error **ret_error);
