/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scheduling: lists of processors, and what no kernel knows.
 */

#include "base/unit-test.h"
#include "engine/start/scheduling.h"

TEST(lists)
{
	unsigned long words[2];

	assert_int_equal(scheduling_parse_list("0-3,7", words, 2), 0);
	assert_int_equal(words[0], 0x8f);
	assert_int_equal(words[1], 0);
	assert_int_equal(scheduling_parse_list("127", words, 2), 0);
	assert_int_equal(words[0], 0);
	assert_int_equal(words[1], 1ul << 63);
	assert_int_equal(scheduling_parse_list("63-64", words, 2), 0);
	assert_int_equal(words[0], 1ul << 63);
	assert_int_equal(words[1], 1);
}

TEST(lists_that_are_none)
{
	static const char *const lists[] = { "", ",", "1,", "1-", "-1", "2-1", "128", "a", "1 2",
		"1,,2", "0-128", "18446744073709551616" };
	unsigned long words[2];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(scheduling_parse_list(lists[i], words, 2), -EINVAL);
}

TEST(nothing_is_allowed)
{
	assert_int_equal(scheduling_check(&(SpecScheduling){ .nice = -5 }, NULL), 0);
	assert_int_equal(
		scheduling_check(
			&(SpecScheduling){ .policy = (char *)"deadline", .runtime = 1 }, NULL),
		0);
	assert_int_equal(scheduling_check(&(SpecScheduling){ .flags = 1 }, NULL), -EINVAL);
	assert_int_equal(
		scheduling_check(
			&(SpecScheduling){ .io_class = (char *)"idle", .io_priority = 8 }, NULL),
		-EINVAL);
}
