/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container said, as harmless text.
 */
#include "engine/harmless.h"

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

size_t harmless_text(int *state, const char *data, size_t size, char *text)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++)
		length += filter(state, (unsigned char)data[i], text + length);
	return length;
}
