/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the container's console said last.
 */
#include "engine/io/console.h"

#include <string.h>

#include "base/text.h"

static void remember(Console *console, char c)
{
	console->ring[console->at] = c;
	console->at = (console->at + 1) % CONSOLE_SIZE;
	if (console->used < CONSOLE_SIZE)
		console->used++;
}

size_t console_add(Console *console, const char *data, size_t size, char *text)
{
	size_t length = text_filter(&console->state, data, size, text);

	for (size_t i = 0; i < length; i++)
		remember(console, text[i]);
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
