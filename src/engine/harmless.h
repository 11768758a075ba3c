/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container said, as harmless text: a terminal or a log that shows it must not be steered by it.
 */
#pragma once

#include <stddef.h>

/* Filters a piece of output. *state carries over to the next piece; 0 at the beginning. text has room for size + 1 bytes. What stays is printable ASCII, newline,
 * tab, and bytes from 0x80 except for the C1 controls in UTF-8; escape sequences and other controls are dropped. Returns the length of
 * text, which is not terminated. */
size_t harmless_text(int *state, const char *data, size_t size, char *text);
