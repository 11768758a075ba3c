/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "plan/direct.h"

static bool has_row(const char *key)
{
	for (size_t i = 0; direct_key(i); i++)
		if (strcmp(direct_key(i), key) == 0)
			return true;
	for (size_t i = 0; direct_filter_key(i); i++)
		if (strcmp(direct_filter_key(i), key) == 0)
			return true;
	return false;
}

/* What the page calls honoured has a row, and nothing else has. */
TEST(tables)
{
	size_t honoured = 0, n = 0;

	for (size_t i = 0; i < directives_count(); i++) {
		const Directive *row = directives_at(i);

		if (has_row(row->key) != (row->direct == DIRECT_HONOURS))
			fail_msg("%s: the table and the rows differ", row->key);
		honoured += row->direct == DIRECT_HONOURS;
	}
	while (direct_key(n))
		n++;
	for (size_t i = 0; direct_filter_key(i); i++)
		n++;
	assert_int_equal(n, honoured);
}

TEST(times)
{
	static const struct {
		const char *text;
		int64_t msec;
	} good[] = { { "5", 5000 }, { "100ms", 100 }, { "1min 30s", 90000 }, { "2h", 7200000 },
		{ "infinity", 0 }, { "0", 0 }, { "1.5s", 1500 }, { "0.5", 500 }, { "1us", 1 },
		{ "1d", 86400000 }, { "1 min", 60000 } };
	static const char *const bad[] = { "", "x", "5x", "-1", "1.", "s", "99999999999999999999" };
	int64_t msec;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		if (direct_time(good[i].text, &msec) < 0 || msec != good[i].msec)
			fail_msg("%s is %lld", good[i].text, (long long)msec);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(direct_time(bad[i], &msec), -EINVAL);
}

static void expect_limit(const char *key, const char *value, const char *line)
{
	_cleanup_free_ char *made = NULL;

	assert_int_equal(direct_limit(key, value, &made), 0);
	assert_string_equal(made, line);
}

TEST(limits)
{
	char *made = NULL;

	expect_limit("NOFILE", "65535", "7 65535 65535");
	expect_limit("NOFILE", "1024:infinity", "7 1024 max");
	expect_limit("CORE", "1M", "4 1048576 1048576");
	expect_limit("STACK", "2K:1G", "3 2048 1073741824");
	expect_limit("CPU", "1min", "0 60 60");
	expect_limit("NICE", "-5", "13 25 25");
	assert_int_equal(direct_limit("NOFILE", "1M", &made), -EINVAL);
	assert_int_equal(direct_limit("NOSUCH", "1", &made), -EINVAL);
	assert_null(made);
}

TEST(ends)
{
	static const char *const pairs[][2] = { { "143", "143" }, { "SIGKILL", "signal 9" },
		{ "TERM", "signal 15" }, { "TEMPFAIL", "75" } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_free_ char *made = NULL;

		assert_int_equal(direct_end(pairs[i][0], &made), 0);
		assert_string_equal(made, pairs[i][1]);
	}
}

TEST(capabilities)
{
	uint64_t set;

	assert_int_equal(
		direct_capabilities(
			(char *[]){ (char *)"CAP_CHOWN", (char *)"cap_setuid", NULL }, &set),
		0);
	assert_int_equal(set, 1 << 0 | 1 << 7);
	assert_int_equal(
		direct_capabilities((char *[]){ (char *)"CAP_NOSUCH", NULL }, &set), -EINVAL);
	assert_int_equal(direct_capabilities((char *[]){ (char *)"chown", NULL }, &set), -EINVAL);
	assert_int_equal(direct_capabilities(NULL, &set), 0);
	assert_int_equal(set, 0);
}
