/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a link in the directory of names says, and which host names ask for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/unit-test.h"
#include "net/name-entry.h"

TEST(addresses)
{
	static const char *const bad[] = { "", ",", "10.0.0.1,", ",10.0.0.1", "10.0.0.1,,10.0.0.2",
		"10.0.0.1 ", "10.0.0.256", "10.0.0.1/16", "fd00::1%eth0", "name", "1", "010.0.0.1",
		"fd00::12345", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb" };
	const char thirty_two[] =
		"1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,"
		"1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,"
		"1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,"
		"1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1";
	NameAddress list[NAME_ENTRY_MAX];
	uint8_t six[16];

	assert_int_equal(name_entry_parse("10.209.0.2", list), 1);
	assert_int_equal(name_entry_parse("10.209.0.2,fd00::2,192.0.2.1", list), 3);
	assert_int_equal(list[0].family, AF_INET);
	assert_memory_equal(list[0].bytes, "\x0a\xd1\x00\x02", 4);
	assert_int_equal(list[1].family, AF_INET6);
	assert_int_equal(inet_pton(AF_INET6, "fd00::2", six), 1);
	assert_memory_equal(list[1].bytes, six, sizeof(six));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(name_entry_parse(bad[i], list), -EINVAL);
	assert_int_equal(name_entry_parse(thirty_two, list), -EINVAL);
}

TEST(host_names)
{
	static const struct {
		const char *host;
		size_t size;
	} rows[] = { { "web1.sandbox", 4 }, { "WEB1.SandBox.", 4 }, { "a.b.sandbox", 3 },
		{ "x.sandbox", 1 }, { "web1", 0 }, { "", 0 }, { ".", 0 }, { "sandbox", 0 },
		{ ".sandbox", 0 }, { "..sandbox", 0 }, { ".web1.sandbox", 0 }, { "a/b.sandbox", 0 },
		{ "web1.sandbox..", 0 }, { "web1.sandbox.org", 0 }, { "web1sandbox", 0 },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.sandbox", 64 },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg.sandbox",
			0 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(name_entry_asked(rows[i].host), rows[i].size);
}
