/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/unit-test.h"

#include <stdlib.h>
#include <string.h>

static struct CMUnitTest tests[64];
static size_t count;
static struct {
	CMFixtureFunction set_up, tear_down;
} each, all;

void unit_test_add(const struct CMUnitTest *test)
{
	if (count == ARRAY_SIZE(tests))
		abort();
	tests[count++] = *test;
}

void unit_test_fixture(CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
	each.set_up = set_up;
	each.tear_down = tear_down;
}

void unit_test_group(CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
	all.set_up = set_up;
	all.tear_down = tear_down;
}

void unit_test_skip(const char *reason)
{
	const char *must = getenv("VIRT_SANDBOX_MUST");

	print_message("SKIP: %s\n", reason);
	if (must && strcmp(must, "1") == 0)
		fail_msg("VIRT_SANDBOX_MUST=1, but this was skipped: %s", reason);
	skip();
}

int main(void)
{
	for (size_t i = 0; i < count; i++)
		if (!tests[i].setup_func && !tests[i].teardown_func) {
			tests[i].setup_func = each.set_up;
			tests[i].teardown_func = each.tear_down;
		}
	/* What cmocka_run_group_tests() calls with the size of an array. */
	return count == 0
		       ? 1
		       : _cmocka_run_group_tests("tests", tests, count, all.set_up, all.tear_down);
}
