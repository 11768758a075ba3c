/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Levels, and the drawing of pairs.
 */

#include <string.h>

#include "base/unit-test.h"
#include "label/level.h"
#include "label/mcs.h"

#define DRAWN 100000

static Level level_of(const char *text)
{
	Level level;

	assert_int_equal(level_parse(text, &level), 0);
	return level;
}

TEST(level_round_trip)
{
	static const char *const same[] = { "s0", "s0:c1,c2", "s15:c0.c1023", "s0:c5",
		"s0:c1,c3.c5,c7,c8", "s0:c1023" };

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		Level level = level_of(same[i]);
		_cleanup_free_ char *text = level_format(&level);

		assert_string_equal(text, same[i]);
	}
}

TEST(level_refused)
{
	/* c3,c3 is what CVE-2021-3631 was about: the kernel makes it the one category c3. */
	static const char *const wrong[] = { "", "s", "s0:", "s0:c3,c3", "s0:c2,c1", "s0:c1024",
		"s0:c5.c5", "s0:c5.c4", "s0:c1,", "s00", "s0:c01", "s0 ", "s0:1,2", "SystemLow",
		"s0:c1.c3,c2", "s1024", "s0:c99999999999999999999" };
	Level level;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (level_parse(wrong[i], &level) != -EINVAL)
			fail_msg("\"%s\" was taken for a level", wrong[i]);
}

TEST(range)
{
	LevelRange range;

	assert_int_equal(level_parse_range("s0-s15:c0.c1023", &range), 0);
	assert_int_equal(range.high.sensitivity, 15);
	assert_int_equal(level_count(&range.high), 1024);
	assert_int_equal(level_count(&range.low), 0);
	assert_int_equal(level_parse_range("s0:c1,c2", &range), 0);
	assert_int_equal(level_count(&range.low), 2);
	assert_int_equal(level_parse_range("s1-s0", &range), -EINVAL);
	assert_int_equal(level_parse_range("s0:c1-s0:c2", &range), -EINVAL);
}

static LevelRange range_of(const char *text)
{
	LevelRange range;

	assert_int_equal(level_parse_range(text, &range), 0);
	return range;
}

static void expect_pool(const char *own, int result, unsigned int n)
{
	LevelRange range = range_of(own);
	Level pool = {};

	assert_int_equal(mcs_pool(&range, &pool, NULL), result);
	assert_int_equal(level_count(&pool), n);
}

TEST(pool)
{
	expect_pool("s0", 0, 1024);
	expect_pool("s0-s0:c0.c1023", 0, 1024);
	expect_pool("s0-s0:c100.c107", 0, 8);
	expect_pool("s0-s0:c1,c3,c5,c7,c9,c11,c13,c15", 0, 8);
	expect_pool("s0:c1,c5", -ERANGE, 0);
	expect_pool("s0:c1", -ERANGE, 0);
	expect_pool("s0-s0:c0.c6", -ERANGE, 0);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* sVirt's rules for 10^5 draws one after the other: two categories, c1 < c2, of the pool, never a pair twice. */
TEST(draws)
{
	_cleanup_mcs_taken_ McsTaken *taken = mcs_taken_new();
	static char *drawn[DRAWN];
	LevelRange own = range_of("s0-s0:c0.c1023");
	Level pool;

	assert_int_equal(mcs_pool(&own, &pool, NULL), 0);
	for (size_t i = 0; i < DRAWN; i++) {
		Level level;

		assert_int_equal(mcs_draw(&pool, taken, &level, NULL), 0);
		assert_int_equal(level_count(&level), 2);
		mcs_take(taken, &level);
		drawn[i] = level_format(&level);
		assert_non_null(drawn[i]);
	}
	qsort(drawn, DRAWN, sizeof(*drawn), compare_texts);
	for (size_t i = 1; i < DRAWN; i++)
		assert_string_not_equal(drawn[i - 1], drawn[i]);
	for (size_t i = 0; i < DRAWN; i++)
		free(drawn[i]);
}

/* Every pair of a small pool comes, and then an error. */
TEST(exhaustion)
{
	_cleanup_mcs_taken_ McsTaken *taken = mcs_taken_new();
	_cleanup_error_ Error *error = NULL;
	LevelRange own = range_of("s0-s0:c10.c19");
	Level pool, level;

	assert_int_equal(mcs_pool(&own, &pool, NULL), 0);
	for (int i = 0; i < 45; i++) {
		assert_int_equal(mcs_draw(&pool, taken, &level, NULL), 0);
		assert_true(level_within(&level, &pool));
		mcs_take(taken, &level);
	}
	assert_int_equal(mcs_draw(&pool, taken, &level, &error), -ENOSPC);
	assert_non_null(strstr(error_message(error), "every pair"));
}

/* A single category excludes all its pairs, a wide level the pairs inside it. */
TEST(taken)
{
	_cleanup_mcs_taken_ McsTaken *taken = mcs_taken_new();
	LevelRange own = range_of("s0-s0:c0.c7");
	Level single = level_of("s0:c0"), wide = level_of("s0:c1.c6"), pool, level;

	mcs_take(taken, &single);
	mcs_take(taken, &wide);
	assert_int_equal(mcs_pool(&own, &pool, NULL), 0);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(mcs_draw(&pool, taken, &level, NULL), 0);
		assert_true(level_has(&level, 7));
		assert_false(level_has(&level, 0));
		mcs_take(taken, &level);
	}
	assert_int_equal(mcs_draw(&pool, taken, &level, NULL), -ENOSPC);
}

TEST(overlap)
{
	Level one = level_of("s0:c1"), pair = level_of("s0:c1,c2"), other = level_of("s0:c2,c3"),
	      none = level_of("s0");

	assert_true(mcs_overlap(&one, &pair));
	assert_true(mcs_overlap(&pair, &one));
	assert_true(mcs_overlap(&pair, &pair));
	assert_false(mcs_overlap(&pair, &other));
	assert_false(mcs_overlap(&none, &pair));
}
