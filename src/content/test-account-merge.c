/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Accounts that were added on both sides.
 */

#include "base/strv.h"
#include "base/unit-test.h"
#include "content/account-merge.h"

static const struct {
	const char *path, *present, *wanted, *merged, *added, *left;
} rows[] = {
	{ "passwd", "root:x:0:0::/:\nmine:x:900:900::/:\n",
		"root:x:0:0:new:/:\nhost:x:901:901::/:\n",
		"root:x:0:0::/:\nmine:x:900:900::/:\nhost:x:901:901::/:\n", "host", "" },
	/* One number is one account. */
	{ "passwd", "mine:x:900:900::/:", "host:x:900:900::/:", "mine:x:900:900::/:\n", "",
		"host" },
	{ "group", "adm:x:4:\nstaff:x:50:a,b\n", "adm:x:4:www,mail\nstaff:x:50:b,c\n",
		"adm:x:4:www,mail\nstaff:x:50:a,b,c\n", "", "" },
	{ "shadow", "mine:$y$x:1::::::\n", "host:!*:::::::\nmine:!*:::::::\n",
		"mine:$y$x:1::::::\nhost:!*:::::::\n", "host", "" },
	{ "gshadow", "a:!::\n", "a:!*::b\nc:!*::\n", "a:!::b\nc:!*::\n", "c", "" },
	{ "group", "", "", "", "", "" },
	{ "group", ":::\n\nx", ":x:1:y\nx:::\n", ":::\n\nx\n", "", "" },
};

TEST(merge)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *merged = NULL, *names = NULL, *others = NULL;
		_cleanup_strv_ char **added = NULL, **left = NULL;

		assert_int_equal(account_merge(rows[i].path, rows[i].present, rows[i].wanted,
					 &merged, &added, &left),
			0);
		names = strv_join(added, " ");
		others = strv_join(left, " ");
		assert_string_equal(merged, rows[i].merged);
		assert_string_equal(names, rows[i].added);
		assert_string_equal(others, rows[i].left);
	}
	assert_true(account_merge_knows("gshadow"));
	assert_false(account_merge_knows("shadow-"));
	assert_false(account_merge_knows("nss/passwd"));
}
