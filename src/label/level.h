/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Levels and ranges of an SELinux policy with categories (MCS, MLS) as numbers: "s0:c1,c2", "s0-s0:c0.c1023". Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LEVEL_CATEGORIES 1024u /* c0 to c1023, as every distribution's policy has them */
#define LEVEL_SENSITIVITIES 1024u /* s0 to s1023: far above the 16 of MLS policies */
#define LEVEL_WORDS (LEVEL_CATEGORIES / 64)

typedef struct Level {
	unsigned int sensitivity;
	uint64_t categories[LEVEL_WORDS];
} Level;

typedef struct LevelRange {
	Level low, high; /* the same when the text is one level */
} LevelRange;

/* Reads "sN[:cA[.cB][,...]]". Categories must rise: the kernel takes "c3,c3" and "c5,c1" as well, but what was meant by them is a guess.
 * 0 or -EINVAL. */
int level_parse(const char *text, Level *ret);
/* Reads a level or "LOW-HIGH" where HIGH dominates LOW. 0 or -EINVAL. */
int level_parse_range(const char *text, LevelRange *ret);
/* As the kernel writes it: runs of three and more as cA.cB. Newly allocated, NULL without memory. */
char *level_format(const Level *level);

bool level_has(const Level *level, unsigned int category);
void level_add(Level *level, unsigned int category);
unsigned int level_count(const Level *level);
bool level_equal(const Level *a, const Level *b);
/* Has b every category of a? */
bool level_within(const Level *a, const Level *b);
