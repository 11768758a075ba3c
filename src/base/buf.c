/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A growing piece of text.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_append(Buf *buf, const char *data, size_t size)
{
	if (buf->failed)
		return;
	if (buf->room - buf->size <= size) {
		size_t wanted = (buf->size + size + 1) * 2;
		char *grown = realloc(buf->data, wanted);

		if (!grown) {
			buf->failed = true;
			return;
		}
		buf->data = grown;
		buf->room = wanted;
	}
	memcpy(buf->data + buf->size, data, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void buf_puts(Buf *buf, const char *s)
{
	buf_append(buf, s, strlen(s));
}

void buf_printf(Buf *buf, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		buf->failed = true;
		return;
	}
	buf_append(buf, text, (size_t)n);
}

/* Length of the valid UTF-8 sequence at s, 0 if there is none (RFC 3629: no surrogates, no overlong forms). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0)))
		return 0;
	if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90)))
		return 0;
	return n;
}

void buf_json_string(Buf *buf, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	buf_puts(buf, "\"");
	while (*p) {
		size_t n = utf8_length(p);

		if (n == 0) {
			buf_puts(buf, "\\ufffd");
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			buf_printf(buf, "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f) {
			buf_printf(buf, "\\u%04x", *p);
		} else if (*p == 0xc2 && p[1] < 0xa0) { /* C1 controls steer a terminal, too */
			buf_printf(buf, "\\u%04x", p[1]);
		} else {
			buf_append(buf, (const char *)p, n);
		}
		p += n;
	}
	buf_puts(buf, "\"");
}

int buf_take(Buf *buf, char **ret, Error **ret_error)
{
	if (!buf->data)
		buf_append(buf, "", 0);
	if (buf->failed) {
		buf_done(buf);
		return error_oom(ret_error);
	}
	*ret = buf->data;
	*buf = (Buf){ 0 };
	return 0;
}

void buf_done(Buf *buf)
{
	free(buf->data);
	*buf = (Buf){ 0 };
}
