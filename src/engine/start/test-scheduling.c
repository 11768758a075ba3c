/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Scheduling: lists of processors, and what no kernel knows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/start/scheduling.h"

static void test_lists(void **state)
{
	unsigned long words[2];

	(void)state;
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

static void test_lists_that_are_none(void **state)
{
	static const char *const lists[] = { "", ",", "1,", "1-", "-1", "2-1", "128", "a", "1 2",
		"1,,2", "0-128", "18446744073709551616" };
	unsigned long words[2];

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(scheduling_parse_list(lists[i], words, 2), -EINVAL);
}

static void test_nothing_is_allowed(void **state)
{
	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_lists_that_are_none),
		cmocka_unit_test(test_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
