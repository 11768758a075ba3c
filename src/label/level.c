/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Levels and ranges.
 */
#include "label/level.h"

#include <string.h>

#include "base/buf.h"

bool level_has(const Level *level, unsigned int category)
{
	return level->categories[category / 64] >> (category % 64) & 1;
}

void level_add(Level *level, unsigned int category)
{
	level->categories[category / 64] |= (uint64_t)1 << (category % 64);
}

unsigned int level_count(const Level *level)
{
	unsigned int n = 0;

	for (size_t i = 0; i < LEVEL_WORDS; i++)
		n += (unsigned int)__builtin_popcountll(level->categories[i]);
	return n;
}

bool level_equal(const Level *a, const Level *b)
{
	return a->sensitivity == b->sensitivity &&
	       memcmp(a->categories, b->categories, sizeof(a->categories)) == 0;
}

bool level_within(const Level *a, const Level *b)
{
	for (size_t i = 0; i < LEVEL_WORDS; i++)
		if (a->categories[i] & ~b->categories[i])
			return false;
	return true;
}

/* Reads a letter and a number below limit, without leading zeros: "s0", "c1023". */
static int parse_number(const char **text, char letter, unsigned int limit, unsigned int *ret)
{
	const char *p = *text;
	unsigned int n = 0;

	if (*p++ != letter || *p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (unsigned int)(*p - '0');
		if (n >= limit)
			return -EINVAL;
	}
	*text = p;
	*ret = n;
	return 0;
}

static int parse_categories(const char **text, Level *level)
{
	unsigned int next = 0; /* the lowest category that may come now */

	for (;;) {
		unsigned int first, last;

		if (parse_number(text, 'c', LEVEL_CATEGORIES, &first) < 0 || first < next)
			return -EINVAL;
		last = first;
		if (**text == '.') {
			(*text)++;
			if (parse_number(text, 'c', LEVEL_CATEGORIES, &last) < 0 || last <= first)
				return -EINVAL;
		}
		for (unsigned int c = first; c <= last; c++)
			level_add(level, c);
		next = last + 1;
		if (**text != ',')
			return 0;
		(*text)++;
	}
}

static int parse_level(const char **text, Level *ret)
{
	Level level = {};

	if (parse_number(text, 's', LEVEL_SENSITIVITIES, &level.sensitivity) < 0)
		return -EINVAL;
	if (**text == ':') {
		(*text)++;
		if (parse_categories(text, &level) < 0)
			return -EINVAL;
	}
	*ret = level;
	return 0;
}

int level_parse(const char *text, Level *ret)
{
	Level level;

	if (parse_level(&text, &level) < 0 || *text != '\0')
		return -EINVAL;
	*ret = level;
	return 0;
}

int level_parse_range(const char *text, LevelRange *ret)
{
	LevelRange range;

	if (parse_level(&text, &range.low) < 0)
		return -EINVAL;
	range.high = range.low;
	if (*text == '-') {
		text++;
		if (parse_level(&text, &range.high) < 0)
			return -EINVAL;
	}
	if (*text != '\0' || range.high.sensitivity < range.low.sensitivity ||
		!level_within(&range.low, &range.high))
		return -EINVAL;
	*ret = range;
	return 0;
}

/* The last category of the run that starts at first. */
static unsigned int run_end(const Level *level, unsigned int first)
{
	while (first + 1 < LEVEL_CATEGORIES && level_has(level, first + 1))
		first++;
	return first;
}

char *level_format(const Level *level)
{
	_cleanup_buf_ Buf text = {};
	char separator = ':', *taken;

	buf_printf(&text, "s%u", level->sensitivity);
	for (unsigned int c = 0; c < LEVEL_CATEGORIES; c++) {
		unsigned int last;

		if (!level_has(level, c))
			continue;
		last = run_end(level, c);
		if (last > c + 1)
			buf_printf(&text, "%cc%u.c%u", separator, c, last);
		else if (last > c)
			buf_printf(&text, "%cc%u,c%u", separator, c, last);
		else
			buf_printf(&text, "%cc%u", separator, c);
		separator = ',';
		c = last;
	}
	return buf_take(&text, &taken, NULL) < 0 ? NULL : taken;
}
