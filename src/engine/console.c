/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the container's console said last.
 */
#include "engine/console.h"

#include <stdbool.h>
#include <string.h>

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

static void remember(Console *console, char c)
{
	console->ring[console->at] = c;
	console->at = (console->at + 1) % CONSOLE_SIZE;
	if (console->used < CONSOLE_SIZE)
		console->used++;
}

size_t console_add(Console *console, const char *data, size_t size, char *text)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		size_t n = filter(&console->state, (unsigned char)data[i], text + length);

		for (size_t k = 0; k < n; k++)
			remember(console, text[length + k]);
		length += n;
	}
	return length;
}

int console_tail(const Console *console, char **ret, Error **ret_error)
{
	char *text = malloc(console->used + 1);
	size_t first;

	if (!text)
		return error_oom(ret_error);
	/* Until the ring is full its oldest byte is at 0, then where the next one goes. */
	first = console->used < CONSOLE_SIZE ? 0 : CONSOLE_SIZE - console->at;
	if (first > 0)
		memcpy(text, console->ring + console->at, first);
	memcpy(text + first, console->ring, console->used - first);
	text[console->used] = '\0';
	*ret = text;
	return 0;
}
