/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each unit test includes: cmocka, and TEST(), by which a test puts itself into the list that the main() of unit-test.c runs, in the order of the file.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macro.h"

void unit_test_add(const struct CMUnitTest *test);
void unit_test_fixture(CMFixtureFunction set_up, CMFixtureFunction tear_down);
void unit_test_group(CMFixtureFunction set_up, CMFixtureFunction tear_down);

/* Says why it is skipped; where VIRT_SANDBOX_MUST=1, as in CI, that is a failure. */
void unit_test_skip(const char *reason);

#define TEST_WITH(name, set_up, tear_down)                                                         \
	static void test_##name(void **state);                                                     \
	__attribute__((constructor)) static void add_test_##name(void)                             \
	{                                                                                          \
		unit_test_add(&(const struct CMUnitTest){                                          \
			#name, test_##name, set_up, tear_down, NULL });                            \
	}                                                                                          \
	static void test_##name(_unused_ void **state)
#define TEST(name) TEST_WITH(name, NULL, NULL)

/* Around each test of the file that has none of its own. */
#define TEST_FIXTURE(set_up, tear_down)                                                            \
	__attribute__((constructor)) static void add_fixture(void)                                 \
	{                                                                                          \
		unit_test_fixture(set_up, tear_down);                                              \
	}
/* Around all of them. */
#define TEST_GROUP(set_up, tear_down)                                                              \
	__attribute__((constructor)) static void add_group(void)                                   \
	{                                                                                          \
		unit_test_group(set_up, tear_down);                                                \
	}
