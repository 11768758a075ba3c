/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines of a keyfile. A value may hold any byte but NUL: what would break the line is written with
 * a backslash, \n \r \t \\, \s for a space at its ends, three octal digits for other control
 * characters.
 */
#include "desc/line.h"

#include <stdlib.h>
#include <string.h>

static const struct Escape {
	char letter, byte;
} escapes[] = { { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' }, { 's', ' ' }, { '\\', '\\' } };

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **begin, const char **end)
{
	while (*begin < *end && is_space(**begin))
		(*begin)++;
	while (*begin < *end && is_space((*end)[-1]))
		(*end)--;
}

/* Reads what follows a backslash. Returns the byte, or -EINVAL. */
static int read_escape(const char **p, const char *end)
{
	int byte = 0;

	for (size_t i = 0; *p < end && i < ARRAY_SIZE(escapes); i++)
		if (**p == escapes[i].letter) {
			(*p)++;
			return (unsigned char)escapes[i].byte;
		}
	if (end - *p < 3)
		return -EINVAL;
	for (int i = 0; i < 3; i++, (*p)++) {
		if (**p < '0' || **p > '7')
			return -EINVAL;
		byte = byte * 8 + (**p - '0');
	}
	return byte > 0 && byte <= 255 ? byte : -EINVAL;
}

static int unescape(const char *p, const char *end, char **ret, Error **ret_error)
{
	_cleanup_free_ char *value = malloc((size_t)(end - p) + 1);
	char *out = value;

	if (!value)
		return error_oom(ret_error);
	while (p < end) {
		int byte;

		if (*p != '\\') {
			*out++ = *p++;
			continue;
		}
		p++;
		byte = read_escape(&p, end);
		if (byte < 0)
			return error_set(ret_error, EINVAL,
				"unknown escape after a backslash; a backslash itself is written \\\\");
		*out++ = (char)byte;
	}
	*out = '\0';
	*ret = TAKE_PTR(value);
	return 0;
}

static int read_section(const char *p, const char *end, Line *line, Error **ret_error)
{
	if (end[-1] != ']' || end - p < 3)
		return error_set(ret_error, EINVAL, "a section is written [name]");
	line->kind = LINE_SECTION;
	line->section = strndup(p + 1, (size_t)(end - p) - 2);
	return line->section ? 0 : error_oom(ret_error);
}

static bool is_name(const char *text)
{
	const char *p = text;

	while ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-')
		p++;
	return p > text && !*p;
}

static int read_key(const char *p, const char *end, Line *line, Error **ret_error)
{
	const char *equals = memchr(p, '=', (size_t)(end - p));
	const char *name_end = equals;

	if (!equals)
		return error_set(ret_error, EINVAL,
			"neither a section [name], nor key=value, nor a comment after #");
	trim(&p, &name_end);
	line->kind = LINE_KEY;
	line->name = strndup(p, (size_t)(name_end - p));
	if (!line->name)
		return error_oom(ret_error);
	if (!is_name(line->name))
		return error_set(ret_error, EINVAL, "\"%s\" cannot be a key", line->name);
	p = equals + 1;
	trim(&p, &end);
	return unescape(p, end, &line->value, ret_error);
}

int line_read(const char **text, const char *end, Line *ret, Error **ret_error)
{
	_cleanup_line_ Line line = { .kind = LINE_BLANK, .text = *text };
	const char *feed = memchr(*text, '\n', (size_t)(end - *text));
	const char *begin = *text, *stop = feed ? feed : end;
	int r = 0;

	line.size = (size_t)(stop - begin);
	if (memchr(begin, '\0', line.size))
		return error_set(ret_error, EINVAL, "a NUL byte");
	trim(&begin, &stop);
	if (begin < stop && *begin == '[')
		r = read_section(begin, stop, &line, ret_error);
	else if (begin < stop && *begin != '#' && *begin != ';')
		r = read_key(begin, stop, &line, ret_error);
	if (r < 0)
		return r;
	*text = feed ? feed + 1 : end;
	*ret = line;
	line = (Line){};
	return 0;
}

void line_done(Line *line)
{
	free(line->section);
	free(line->name);
	free(line->value);
	*line = (Line){};
}

static void put_byte(Buf *buf, const char *p, int at_end)
{
	unsigned char byte = (unsigned char)*p;

	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if (*p == escapes[i].byte && (*p != ' ' || at_end)) {
			buf_printf(buf, "\\%c", escapes[i].letter);
			return;
		}
	if (byte < ' ' || byte == 0x7f)
		buf_printf(buf, "\\%03o", byte);
	else
		buf_append(buf, p, 1);
}

void line_put_value(Buf *buf, const char *value)
{
	for (const char *p = value; *p; p++)
		put_byte(buf, p, p == value || !p[1]);
}

void line_put_key(Buf *buf, const char *name, const char *value)
{
	buf_printf(buf, "%s=", name);
	line_put_value(buf, value);
	buf_puts(buf, "\n");
}
