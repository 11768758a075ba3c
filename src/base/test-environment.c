/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text of environment files, with the examples of systemd's own tests (test-env-file.c).
 */
#include "base/strv.h"
#include "base/unit-test.h"
#include "base/environment.h"

static void check(const char *text, const char *expected)
{
	_cleanup_strv_ char **environment = NULL;
	_cleanup_free_ char *joined = NULL;

	assert_int_equal(environment_read(text, &environment), 0);
	joined = strv_join(environment, "|");
	assert_string_equal(joined, expected);
}

TEST(as_systemd_reads_them)
{
	check("a=a\na=b\na=b\na=a\n\nb=b\\\nc\nd=\\\ne\\\nf\ng=g\\ \nh= ąęół\\ śćńźżμ \ni=i\\",
		"a=a|b=bc|d=ef|g=g |h=ąęół śćńźżμ|i=i");
	check("a=a\\\n", "a=a");
	check("#SPAMD_ARGS=\"-d --socketpath=/var/lib/bulwark/spamd \\\n"
	      "#--nouser-config                                     \\\n"
	      "normal=line       \\\n;normal=ignored                  \\\n"
	      "normal_ignored                \\\nnormal ignored                       \\\n",
		"");
	check("# Generated\n\nHWMON_MODULES=\"coretemp f71882fg\"\n\n# For compatibility\n\n"
	      "MODULE_0=coretemp\nMODULE_1=f71882fg",
		"HWMON_MODULES=coretemp f71882fg|MODULE_0=coretemp|MODULE_1=f71882fg");
}

TEST(quotes)
{
	check("A='$x \\n'  B", "A=$x \\nB");
	check("A=\"a\\\"b\\$c\\n\"\n", "A=a\"b$c\\n");
	check("A=x \"y\"\n", "A=x \"y\"");
	check("A=\"one two\" # no comment\nB='q'z\nC=\"a\"  \"b\"\nD=a\\ b\n",
		"A=one two# no comment|B=qz|C=ab|D=a b");
	check("A =1\n 2B=no\nC D=no\nE\n", "A=1");
}

static void check_word(const char *word, const char *expected)
{
	char *environment[] = { (char *)"A=x  'y z' \\a \"b", (char *)"EMPTY=", (char *)"B=${A}",
		NULL };
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *joined = NULL;

	assert_int_equal(environment_expand(word, environment, &words), 0);
	joined = strv_join(words, "|");
	assert_string_equal(joined, expected);
}

TEST(words)
{
	check_word("plain", "plain");
	check_word("$A", "x|y z|a|b");
	check_word("${A}", "x  'y z' \\a \"b");
	check_word("-${B}-$A", "-${A}-$A"); /* not again, and not within a word */
	check_word("$EMPTY", "");
	check_word("$NONE", "");
	check_word("[${NONE}${EMPTY}]", "[]");
	check_word("$$A ${A ${1} ${}", "$A ${A ${1} ${}");
}

TEST(each_name_once)
{
	_cleanup_strv_ char **env = NULL;

	assert_int_equal(environment_put(&env, "A=1"), 0);
	assert_int_equal(environment_set(&env, "A", "2"), 0);
	assert_int_equal(environment_put(&env, "AB=3"), 0);
	assert_int_equal(environment_put(&env, "=x"), -EINVAL);
	assert_int_equal(environment_put(&env, "x"), -EINVAL);
	assert_int_equal(strv_length(env), 2);
	assert_string_equal(environment_get(env, "A"), "2");
	assert_string_equal(environment_find(env, "ABC", 2), "3");
	assert_null(environment_get(env, "B"));
}
