/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Entries of --allow-from and --egress as text, and which makes another one needless.
 */
#include <string.h>

#include "base/unit-test.h"
#include "net/reach-rule.h"

static void expect(const char *text, const char *normal)
{
	char again[REACH_RULE_SIZE];
	_cleanup_error_ Error *error = NULL;
	ReachRule rule, second;

	if (reach_rule_parse(text, true, &rule, &error) < 0)
		fail_msg("%s: %s", text, error_message(error));
	reach_rule_format(&rule, again);
	assert_string_equal(again, normal);
	assert_int_equal(reach_rule_parse(again, true, &second, NULL), 0);
	assert_true(reach_rule_covers(&rule, &second) && reach_rule_covers(&second, &rule));
}

TEST(text)
{
	static const char *const bad[] = { "", ":80", "web1:", "web1:0", "web1:65536",
		"web1:080000", "web1:80-90", "web1:80/sctp", "web1:80/", "web1:+1", "web1:1:2",
		"we b", "web1/24", "web1/24:80", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0",
		"1.2.3.4.5", "300.1.1.1", "10", "fd00::1/64", "fd00::/129", "[fd00::]80",
		"[fd00::", "fd00::]:80", "[10.0.0.1]:80", "[web1]:80", "[]:80",
		"::1:80:", "none:80", "10.0.0.0/8/udp" };
	ReachRule rule;

	expect("web1", "web1");
	expect("web1:80", "web1:80");
	expect("web1:80/tcp", "web1:80");
	expect("web-1.x_y:53/udp", "web-1.x_y:53/udp");
	expect("192.0.2.0/24", "192.0.2.0/24");
	expect("192.0.2.1/32:80", "192.0.2.1:80");
	expect("0.0.0.0/0:443", "0.0.0.0/0:443");
	expect("2001:db8::/32", "2001:db8::/32");
	expect("[2001:db8::/32]:80", "[2001:db8::/32]:80");
	expect("[2001:db8::]/32:80/udp", "[2001:db8::/32]:80/udp");
	expect("[2001:db8::1]", "2001:db8::1");
	expect("::/0", "::/0");
	expect("host", "host");
	expect("host:53/udp", "host:53/udp");
	expect("none", "none");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (reach_rule_parse(bad[i], true, &rule, NULL) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	/* Of --allow-from they are names as any other. */
	assert_int_equal(reach_rule_parse("host", false, &rule, NULL), 0);
	assert_int_equal(rule.peer, REACH_NAME);
}

static bool covers(const char *a, const char *b)
{
	ReachRule first, second;

	assert_int_equal(reach_rule_parse(a, true, &first, NULL), 0);
	assert_int_equal(reach_rule_parse(b, true, &second, NULL), 0);
	return reach_rule_covers(&first, &second);
}

TEST(covers_others)
{
	assert_true(covers("10.0.0.0/8", "10.1.0.0/16:80"));
	assert_false(covers("10.0.0.0/8:80", "10.1.0.0/16"));
	assert_false(covers("10.0.0.0/8:80", "10.1.0.0/16:80/udp"));
	assert_false(covers("10.1.0.0/16", "10.0.0.0/8"));
	assert_false(covers("0.0.0.0/0", "::/0"));
	assert_true(covers("web1", "web1:80"));
	assert_false(covers("web1", "web2"));
	assert_true(covers("host", "host:80"));
	assert_false(covers("host", "0.0.0.0/0"));
}
