/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A growing piece of text. Appending never fails visibly: without memory the buffer is marked and buf_take() says so once.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

typedef struct Buf {
	char *data;
	size_t size, room;
	bool failed;
} Buf;

void buf_append(Buf *buf, const char *data, size_t size);
void buf_puts(Buf *buf, const char *s);
void buf_printf(Buf *buf, const char *fmt, ...) _printf_(2, 3);
/* Appends s as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD. */
void buf_json_string(Buf *buf, const char *s);
/* Gives the text away, NUL-terminated ("" when nothing was appended) and empties the buffer. 0 or -ENOMEM. */
int buf_take(Buf *buf, char **ret, Error **ret_error);
void buf_done(Buf *buf);
#define _cleanup_buf_ _cleanup_(buf_done)
