/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A growing piece of text.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

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

	va_start(ap, fmt);
	text = text_formatv(fmt, ap);
	va_end(ap);
	if (text)
		buf_puts(buf, text);
	else
		buf->failed = true;
}

void buf_json_string(Buf *buf, const char *s)
{
	_cleanup_free_ char *json = text_json(s);

	if (json)
		buf_puts(buf, json);
	else
		buf->failed = true;
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
