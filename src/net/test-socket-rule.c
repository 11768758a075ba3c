/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Words of IPAddressDeny= and its like.
 */
#include <netinet/in.h>

#include "base/unit-test.h"
#include "net/socket-rule.h"

static SocketRule parsed(const char *text)
{
	_cleanup_error_ Error *error = NULL;
	SocketRule rule = { 0 };

	if (socket_rule_parse(text, &rule, &error) < 0)
		fail_msg("%s: %s", text, error_message(error));
	return rule;
}

static void expect_bind(const char *text, bool allow, int family, int protocol, unsigned int first,
	unsigned int last)
{
	SocketRule rule = parsed(text);

	if (rule.kind != SOCKET_RULE_BIND || rule.allow != allow || rule.family != family ||
		rule.protocol != protocol || rule.first != first || rule.last != last)
		fail_msg(
			"%s: %d %d %u %u", text, rule.family, rule.protocol, rule.first, rule.last);
}

TEST(addresses)
{
	SocketRule rule = parsed("IPAddressDeny=any");

	assert_false(rule.allow);
	assert_int_equal(rule.n_addresses, 2);
	assert_int_equal(rule.addresses[0].prefix + rule.addresses[1].prefix, 0);
	rule = parsed("IPAddressAllow=localhost");
	assert_true(rule.allow && rule.kind == SOCKET_RULE_ADDRESS);
	assert_int_equal(rule.addresses[0].prefix, 8);
	assert_int_equal(rule.addresses[1].prefix, 128);
	rule = parsed("IPAddressAllow=10.1.2.3/12");
	assert_int_equal(rule.n_addresses, 1);
	assert_int_equal(rule.addresses[0].prefix, 12);
	assert_int_equal(parsed("IPAddressDeny=fd00::1").addresses[0].prefix, 128);
	assert_int_equal(parsed("IPAddressDeny=link-local").addresses[1].prefix, 64);
	assert_int_equal(parsed("IPAddressDeny=multicast").addresses[0].prefix, 4);
}

TEST(ports)
{
	expect_bind("SocketBindDeny=any", false, 0, 0, 0, 65535);
	expect_bind("SocketBindAllow=80", true, 0, 0, 80, 80);
	expect_bind("SocketBindAllow=tcp:8000-8010", true, 0, IPPROTO_TCP, 8000, 8010);
	expect_bind("SocketBindDeny=ipv6:udp:53", false, AF_INET6, IPPROTO_UDP, 53, 53);
	expect_bind("SocketBindDeny=ipv4", false, AF_INET, 0, 0, 65535);
	expect_bind("SocketBindDeny=udp", false, 0, IPPROTO_UDP, 0, 65535);
	expect_bind("SocketBindDeny=ipv6:tcp", false, AF_INET6, IPPROTO_TCP, 0, 65535);
}

TEST(interfaces)
{
	assert_true(parsed("RestrictNetworkInterfaces=lo").allow);
	assert_false(parsed("RestrictNetworkInterfaces=~lo").allow);
}

TEST(bad)
{
	static const char *const bad[] = { "", "IPAddressDeny",
		"IPAddressDeny=", "IPAddressDeny=none", "IPAddressDeny=10.0.0.0/33",
		"IPAddressDenied=any", "SocketBindDeny=", "SocketBindDeny=0",
		"SocketBindDeny=65536", "SocketBindDeny=9-8", "SocketBindDeny=tcp:any",
		"SocketBindDeny=tcp:", "SocketBindDeny=tcp:udp:1", "SocketBindDeny=udp:ipv4",
		"SocketBindDeny=8-", "SocketBindDeny=80x", "RestrictNetworkInterfaces=eth0",
		"RestrictNetworkInterfaces=~",
		"RestrictNetworkInterfaces=", "RestrictNetworkInterfaces=lo~" };
	SocketRule rule;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (socket_rule_parse(bad[i], &rule, NULL) != -EINVAL)
			fail_msg("%s is taken", bad[i]);
	assert_true(socket_rule_knows("IPAddressAllow"));
	assert_false(socket_rule_knows("IPAddressAllow=any"));
}
