/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text that comes from somebody who is not trusted, and text for machines. A terminal or a log that shows it must not be steered by it. Pure
 * functions.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

/* Value of a hexadecimal digit of either case, or -1. */
int text_hex_digit(char c);

/* Length of the valid UTF-8 sequence at s, 0 if there is none (RFC 3629: no surrogates, no overlong forms). */
size_t text_utf8_length(const char *s);

/* Filters a piece of output. *state carries over to the next piece; 0 at the beginning. out has room for size + 1 bytes. What stays is printable ASCII,
 * newline, tab, and bytes from 0x80 except for the C1 controls in UTF-8; escape sequences and other controls are dropped. Returns the length
 * of what is in out, which is not terminated. */
size_t text_filter(int *state, const char *data, size_t size, char *out);

/* A copy in which control characters, C0, DEL and C1 (in UTF-8 0xc2 0x80 to 0xc2 0x9f), are question marks, but for those in kept. NULL without memory. */
char *text_sanitize(const char *text, const char *kept);
/* In place: all but printable ASCII becomes question marks. */
void text_make_ascii(char *text, size_t size);

/* Reads the decimal digits at *p, at least one, and moves *p behind them; no sign and no space, which strtoul(3) takes. -EINVAL without, -ERANGE above max. */
int text_digits(const char **p, uint64_t max, uint64_t *ret);
/* The same for a text that is nothing but digits. */
int text_number(const char *text, uint64_t max, uint64_t *ret);

bool text_is_one_of(const char *text, const char *const *words, size_t n);

/* vsprintf(3) into new memory; NULL without. */
char *text_formatv(const char *fmt, va_list ap) _printf_(1, 0);

/* As a JSON string with its quotes: valid UTF-8 that steers no terminal. NULL without memory. */
char *text_json(const char *text);
