/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Untrusted text, and JSON strings.
 */
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELETE 0x7f
#define JSON_ESCAPE_MAX 6 /* bytes that one byte may become: \u001b */

enum {
	PLAIN,
	ESCAPED, /* after ESC */
	SEQUENCE, /* inside ESC [ ...: ends at a byte from @ to ~ (ECMA-48 5.4) */
	C2, /* after 0xc2, which begins U+0080..U+009F, the C1 controls, and the harmless U+00A0.. */
};

/* Feeds one byte through the filter; returns how many bytes of out are the result. */
static size_t filter(int *state, unsigned char c, char out[2])
{
	int before = *state;

	*state = PLAIN;
	switch (before) {
	case ESCAPED:
		if (c == '[')
			*state = SEQUENCE;
		return 0;
	case SEQUENCE:
		if (c >= ' ' && c < '@')
			*state = SEQUENCE;
		else if (c == '\n')
			break;
		return 0;
	case C2:
		if (c >= 0x80 && c < 0xa0)
			return 0;
		if (c < 0x80 || c >= 0xc0) /* no UTF-8: without its first byte */
			break;
		out[0] = (char)0xc2;
		out[1] = (char)c;
		return 2;
	default:
		break;
	}
	if (c == 0x1b || c == 0xc2) {
		*state = c == 0x1b ? ESCAPED : C2;
		return 0;
	}
	if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
		return 0;
	out[0] = (char)c;
	return 1;
}

size_t text_filter(int *state, const char *data, size_t size, char *out)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++)
		length += filter(state, (unsigned char)data[i], out + length);
	return length;
}

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t text_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
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

/* A C1 control in UTF-8. */
static bool is_c1(const char *s)
{
	return (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] >= 0x80 &&
	       (unsigned char)s[1] < 0xa0;
}

char *text_sanitize(const char *text, const char *kept)
{
	char *copy = malloc(strlen(text) + 1), *to = copy;

	if (!copy)
		return NULL;
	for (; *text; text++) {
		bool c1 = is_c1(text), c0 = (unsigned char)*text < ' ' && !strchr(kept, *text);

		*to++ = c1 || c0 || *text == DELETE ? '?' : *text;
		text += c1;
	}
	*to = '\0';
	return copy;
}

void text_make_ascii(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
}

/* Writes what stands for the character at s, which has n bytes, or 0 when it is none. Returns how much. */
static size_t put_json(char *to, const char *s, size_t n)
{
	if (n == 0)
		return (size_t)snprintf(to, JSON_ESCAPE_MAX + 1, "\\ufffd");
	if (*s == '"' || *s == '\\')
		return (size_t)snprintf(to, JSON_ESCAPE_MAX + 1, "\\%c", *s);
	if ((unsigned char)*s < ' ' || *s == DELETE)
		return (size_t)snprintf(to, JSON_ESCAPE_MAX + 1, "\\u%04x", (unsigned char)*s);
	if (is_c1(s))
		return (size_t)snprintf(to, JSON_ESCAPE_MAX + 1, "\\u%04x", (unsigned char)s[1]);
	memcpy(to, s, n);
	return n;
}

int text_digits(const char **p, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (**p < '0' || **p > '9')
		return -EINVAL;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		uint64_t digit = (uint64_t)(**p - '0');

		if (digit > max || value > (max - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

bool text_is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

int text_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value;
	int r = text_digits(&text, max, &value);

	if (r == 0 && *text)
		return -EINVAL;
	if (r == 0)
		*ret = value;
	return r;
}

char *text_formatv(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

char *text_json(const char *text)
{
	size_t room = strlen(text) * JSON_ESCAPE_MAX + sizeof("\"\"");
	char *json = malloc(room), *to = json;

	if (!json)
		return NULL;
	*to++ = '"';
	while (*text) {
		size_t n = text_utf8_length(text);

		to += put_json(to, text, n);
		text += n ? n : 1;
	}
	*to++ = '"';
	*to = '\0';
	return json;
}
