/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Users of a container, from files that may say anything.
 */
#include <stdio.h>
#include <string.h>

#include "base/unit-test.h"
#include "engine/enter/account.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "www-data:x:33:33::/var/www:/usr/sbin/nologin\n"
			     "short:x:40\n"
			     "bad:x:4294967295:1::/:\n"
			     "worse:x:0x0:0::/:\n"
			     "bare:x:50:51:::\n"
			     "www-data:x:0:0:second:/root:/bin/sh\n";
static const char group[] =
	"root:x:0:\nadm:x:4:www-data,other\nssl:x:101:xwww-data,www-data\nwww:x:102:www-datax\n";

TEST(ids_are_plain_numbers)
{
	static const char *const refused[] = { "", "-1", "+1", " 0", "0 ", "1000x", "0x0", "00",
		"01", "65536", "4294967295", "4294967296", "18446744073709551616", "1\n", "1:2" };
	uid_t id;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(account_parse_id(refused[i], &id), -EINVAL);
	assert_int_equal(account_parse_id("0", &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(account_parse_id("65535", &id), 0);
	assert_int_equal(id, 65535);
}

TEST(user_by_name)
{
	_cleanup_account_ Account account = { 0 };

	assert_int_equal(account_find("www-data", passwd, group, &account, NULL), 0);
	assert_int_equal(account.uid, 33);
	assert_int_equal(account.gid, 33);
	assert_string_equal(account.home, "/var/www");
	assert_string_equal(account.shell, "/usr/sbin/nologin");
	assert_int_equal(account.n_groups, 2);
	assert_int_equal(account.groups[0], 4);
	assert_int_equal(account.groups[1], 101);
}

TEST(user_by_number)
{
	_cleanup_account_ Account known = { 0 }, pair = { 0 }, unknown = { 0 };

	assert_int_equal(account_find("33", passwd, group, &known, NULL), 0);
	assert_string_equal(known.name, "www-data");
	assert_int_equal(known.n_groups, 2);
	assert_int_equal(account_find("33:7", passwd, group, &pair, NULL), 0);
	assert_int_equal(pair.gid, 7);
	assert_int_equal(account_find("7:8", passwd, group, &unknown, NULL), 0);
	assert_int_equal(unknown.uid, 7);
	assert_null(unknown.name);
	assert_string_equal(unknown.home, "/");
}

TEST(empty_fields_have_defaults)
{
	_cleanup_account_ Account account = { 0 };

	assert_int_equal(account_find("bare", passwd, group, &account, NULL), 0);
	assert_string_equal(account.home, "/");
	assert_string_equal(account.shell, "/bin/sh");
}

/* Never root instead, and never somebody whose line only looks alike. */
TEST(unknown_and_broken_users_are_refused)
{
	static const struct {
		const char *user, *says;
	} cases[] = {
		{ "nobody", "there is no user \"nobody\"" },
		{ "short", "there is no user \"short\"" },
		{ "", "there is no user" },
		{ "www-data:33", "an id is a number" },
		{ "bad", "damaged entry" },
		{ "worse", "damaged entry" },
		{ "7", "name its group" },
		{ "1000x", "an id is a number" },
		{ "4294967295", "an id is a number" },
		{ "0x0", "an id is a number" },
		{ "0:", "an id is a number" },
		{ ":0", "an id is a number" },
		{ "1:2:3", "an id is a number" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_account_ Account account = { 0 };
		_cleanup_error_ Error *error = NULL;

		assert_true(account_find(cases[i].user, passwd, group, &account, &error) < 0);
		if (!strstr(error_message(error), cases[i].says))
			fail_msg("\"%s\": %s", cases[i].user, error_message(error));
		assert_null(account.name);
	}
}

TEST(too_many_groups_are_refused)
{
	_cleanup_account_ Account account = { 0 };
	static char many[ACCOUNT_GROUPS_MAX * 16 + 64];
	size_t size = 0;

	for (unsigned int i = 0; i <= ACCOUNT_GROUPS_MAX; i++)
		size += (size_t)snprintf(many + size, sizeof(many) - size, "g:x:%u:bare\n", i);
	assert_int_equal(account_find("bare", passwd, many, &account, NULL), -E2BIG);
}
