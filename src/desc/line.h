/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One line of a keyfile: what kind it is and its parts, and values with their escapes.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

typedef enum LineKind {
	LINE_BLANK, /* empty or a comment */
	LINE_SECTION,
	LINE_KEY,
} LineKind;

typedef struct Line {
	LineKind kind;
	const char *text; /* as in the file, without the line feed; points into it */
	size_t size;
	char *section; /* LINE_SECTION */
	char *name; /* LINE_KEY */
	char *value; /* LINE_KEY, escapes replaced */
} Line;

/* Reads the line at *text, which ends at end, and moves *text behind it. The sentence says what
 * is wrong, without a place. */
int line_read(const char **text, const char *end, Line *ret, Error **ret_error);
void line_done(Line *line);
#define _cleanup_line_ _cleanup_(line_done)

/* Appends "name=value\n" with the escapes that line_read() takes back. */
void line_put_key(Buf *buf, const char *name, const char *value);
void line_put_value(Buf *buf, const char *value); /* the value alone */
