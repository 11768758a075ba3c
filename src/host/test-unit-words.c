/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of directives, as systemd reads them.
 */

#include <errno.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "host/unit-words.h"

/* expected: the words with "|" between them; NULL: systemd ignores the value. */
static void check(const char *key, const char *value, const char *expected)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *joined = NULL;
	int r = unit_directive_words(key, value, &words);

	assert_int_equal(r, expected ? 0 : -EINVAL);
	joined = strv_join(words, "|");
	assert_string_equal(joined, expected ? expected : "");
}

TEST(one)
{
	check("EnvironmentFile", "-/etc/my app/env", "-/etc/my app/env");
	check("WorkingDirectory", "/opt/my app", "/opt/my app");
	check("LoadCredential", "token:/etc/my app/token", "token:/etc/my app/token");
	check("ConditionPathExists", "|!/etc/a b", "|!/etc/a b");
	check("X-Vendor", "a \"b", "a \"b");
	check("User", "", "");
}

TEST(booleans)
{
	static const struct {
		const char *text;
		int r;
		bool on;
	} rows[] = { { "1", 0, true }, { "yes", 0, true }, { "Y", 0, true }, { "True", 0, true },
		{ "t", 0, true }, { "on", 0, true }, { "0", 0, false }, { "no", 0, false },
		{ "N", 0, false }, { "FALSE", 0, false }, { "f", 0, false }, { "off", 0, false },
		{ "yellow", -EINVAL, false }, { "", -EINVAL, false }, { "10", -EINVAL, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool on = !rows[i].on;

		assert_int_equal(unit_boolean(rows[i].text, &on), rows[i].r);
		if (rows[i].r == 0)
			assert_int_equal(on, rows[i].on);
		assert_int_equal(unit_is_true(rows[i].text), rows[i].on);
	}
	assert_false(unit_is_true(NULL));
}

TEST(lists)
{
	check("ReadWritePaths", "-/srv/a  +/srv/b\t/srv/c", "-/srv/a|+/srv/b|/srv/c");
	check("ReadWritePaths", "\"/srv/my app\" '/srv/it is' /srv/a\\ b",
		"/srv/my app|/srv/it is|/srv/a b");
	check("ReadWritePaths", "/srv/\"my app\"/x", "/srv/my app/x");
	check("ReadWritePaths", "\"/srv/a'b\" /srv/c\\\"d", "/srv/a'b|/srv/c\"d");
	check("ReadWritePaths", "\"/srv/a", NULL);
	check("ReadWritePaths", "/srv/a\\", NULL);
	check("ReadWritePaths", "''", "");
	check("Wants", "a-b\\x2dc.service \"d.socket\"", "a-b\\x2dc.service|d.socket");
	check("StateDirectory", "a:b \"c d\"", "a:b|c d");
	check("ExecSearchPath", "/opt/my app:/usr/bin", "/opt/my app|/usr/bin");
}

TEST(commands)
{
	check("ExecStart", "-/bin/run \"/etc/my app/my conf\" --x='a b'",
		"-/bin/run|/etc/my app/my conf|--x=a b");
	check("ExecStart", "/bin/run a\\x20b \\\"c \\141\\s\\u00e9", "/bin/run|a b|\"c|a \xc3\xa9");
	check("ExecStart", "/bin/run a ; /bin/other b", "/bin/run|a");
	check("ExecStart", "/bin/run a \\; b ';' c", "/bin/run|a|;|b|;|c");
	check("ExecStart", "/bin/run \\q", NULL);
	check("ExecStart", "/bin/run \\x0", NULL);
	check("Environment", "A=1 \"B=2 3\" 'C=it\"s'", "A=1|B=2 3|C=it\"s");
}

TEST(binds)
{
	check("BindPaths", "/srv/a:/srv/b:rbind -/srv/c", "/srv/a|/srv/b|-/srv/c|-/srv/c");
	check("BindPaths", "\"/srv/my app\":/x \"/a:b\":/c /d: /e",
		"/srv/my app|/x|/a:b|/c|/d|/d|/e|/e");
}

TEST(prefixes)
{
	assert_string_equal(unit_word_bare("ExecStart", "-@+/bin/run"), "/bin/run");
	assert_string_equal(unit_word_bare("ReadWritePaths", "-+/srv"), "/srv");
	assert_string_equal(unit_word_bare("ConditionPathExists", "|!/srv"), "/srv");
	assert_string_equal(unit_word_bare("User", "-odd"), "-odd");
}

/* What a specifier gives is a word, or a part of one. */
TEST(escape)
{
	static const char *const keys[] = { "ReadWritePaths", "ExecStart", "BindPaths",
		"Environment" };
	static const char text[] = "/srv/a b\"c'd\\e";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_strv_ char **words = NULL;
		_cleanup_free_ char *escaped =
			unit_words_escape(text, directive_find(keys[i])->words);

		assert_non_null(escaped);
		assert_int_equal(unit_directive_words(keys[i], escaped, &words), 0);
		assert_string_equal(words[0], text);
	}
}
