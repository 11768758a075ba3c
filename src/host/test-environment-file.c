/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text of environment files, with the examples of systemd's own tests (test-env-file.c).
 */
#include "base/strv.h"
#include "base/unit-test.h"
#include "host/environment-file.h"

static void check(const char *text, const char *expected)
{
	_cleanup_strv_ char **environment = NULL;
	_cleanup_free_ char *joined = NULL;

	assert_int_equal(environment_file_parse(text, &environment), 0);
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
	check("A =1\n 2B=no\nC D=no\nE\n", "A=1");
}
