/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses as text and bytes, and the file of the default network.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/strv.h"
#include "base/unit-test.h"
#include "net/address-file.h"
#include "net/address-reservation.h"

TEST(ip)
{
	static const char *const bad[] = { "", "/", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/+8",
		"10.0.0.1/ 8", "10.0.0.1/0008", "10.0.0", "10.0.0.256", "fd00::1/129", "fd00:::1",
		"10.0.0.1/8/8",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444" };
	IpAddress ip;

	assert_int_equal(ip_parse("10.209.1.2/16", &ip), 0);
	assert_int_equal(ip.family, AF_INET);
	assert_int_equal(ip.prefix, 16);
	assert_int_equal(ip_v4(&ip), 0x0ad10102);
	assert_int_equal(ip_parse("10.209.1.2", &ip), 0);
	assert_int_equal(ip.prefix, 32);
	assert_int_equal(ip_parse("fd00::1/64", &ip), 0);
	assert_int_equal(ip.family, AF_INET6);
	assert_int_equal(ip.prefix, 64);
	assert_int_equal(ip_v4(&ip), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ip_parse(bad[i], &ip), -EINVAL);
}

static Subnet subnet(const char *text)
{
	IpAddress ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return subnet_of(&ip);
}

TEST(subnet)
{
	char text[IPV4_TEXT_SIZE];

	assert_int_equal(subnet("10.209.1.2/16").network, 0x0ad10000);
	assert_int_equal(subnet_mask(subnet("1.2.3.4/0")), 0);
	assert_int_equal(subnet_mask(subnet("1.2.3.4/32")), 0xffffffff);
	assert_true(subnet_overlaps(subnet("10.0.0.0/8"), subnet("10.209.0.0/16")));
	assert_true(subnet_overlaps(subnet("10.209.0.0/16"), subnet("10.0.0.0/8")));
	assert_false(subnet_overlaps(subnet("10.208.0.0/16"), subnet("10.209.0.0/16")));
	ipv4_format(subnet_gateway(subnet("10.209.0.0/16")), 16, text);
	assert_string_equal(text, "10.209.0.1/16");
	ipv4_format(subnet_first(subnet("10.209.0.0/16")), 0, text);
	assert_string_equal(text, "10.209.0.2");
	ipv4_format(subnet_last(subnet("10.209.0.0/16")), 0, text);
	assert_string_equal(text, "10.209.255.254");
	ipv4_format(UINT32_MAX, 32, text);
	assert_string_equal(text, "255.255.255.255/32");
}

TEST(mac)
{
	static const char *const bad[] = { "", "52:54:00:00:00", "52:54:00:00:00:0g",
		"52-54-00-00-00-00", "52:54:00:00:00:001", "01:00:5e:00:00:01" };
	uint8_t mac[MAC_SIZE], other[MAC_SIZE];
	char text[MAC_TEXT_SIZE];

	assert_int_equal(mac_parse("52:54:00:Ab:cD:ef", mac), 0);
	mac_format(mac, text);
	assert_string_equal(text, "52:54:00:ab:cd:ef");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(mac_parse(bad[i], mac), -EINVAL);

	/* Derived ones are the same each time, and differ by container, network and attempt. */
	mac_derive("0123456789abcdef0123456789abcdef", 0, 0, mac);
	mac_derive("0123456789abcdef0123456789abcdef", 0, 0, other);
	assert_memory_equal(mac, other, MAC_SIZE);
	assert_memory_equal(mac, ((uint8_t[]){ 0x52, 0x54, 0x00 }), 3);
	mac_derive("0123456789abcdef0123456789abcdee", 0, 0, other);
	assert_memory_not_equal(mac, other, MAC_SIZE);
	mac_derive("0123456789abcdef0123456789abcdef", 1, 0, other);
	assert_memory_not_equal(mac, other, MAC_SIZE);
	mac_derive("0123456789abcdef0123456789abcdef", 0, 1, other);
	assert_memory_not_equal(mac, other, MAC_SIZE);
}

TEST(file)
{
	static const char text[] =
		"# Addresses of the default network, kept by virt-sandbox: NAME INDEX MAC ADDRESS\n"
		"subnet 10.209.0.0/16\n"
		"ipv6 fd12:3456:789a::/64\n"
		"web1 0 52:54:00:00:00:01 10.209.0.2\n"
		"web1 1 52:54:00:00:00:02 -\n"
		"db 0 52:54:00:00:00:03 10.209.0.4\n";
	_cleanup_address_file_ AddressFile file = { 0 }, back = { 0 };
	_cleanup_free_ char *former = NULL, *again = NULL;

	assert_int_equal(address_file_parse(text, &file, NULL), 0);
	former = strv_join(file.former, " ");
	assert_string_equal(former, "52:54:00:00:00:01 web1 10.209.0.2 web1 52:54:00:00:00:02 web1 "
				    "52:54:00:00:00:03 db 10.209.0.4 db");
	assert_int_equal(address_file_format(&file, &again, NULL), 0);
	assert_int_equal(address_file_parse(again, &back, NULL), 0);
	assert_int_equal(back.subnet.network, 0x0ad10000);
	assert_int_equal(back.subnet.prefix, 16);
	assert_memory_equal(&back.prefix6, &file.prefix6, sizeof(back.prefix6));
	assert_true(back.says_ipv6 && back.prefix6.family == AF_INET6);
	assert_null(back.former);
}

TEST(file_refuses)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "", "no line \"subnet" },
		{ "web1 0 52:54:00:00:00:01 10.209.0.2\n",
			"line 1: the first line must be the subnet" },
		{ "subnet 10.209.0.0/16\nsubnet 10.210.0.0/16\n", "line 2: a second subnet" },
		{ "subnet 10.209.0.1/16\n", "line 1: 10.209.0.1/16 is not" },
		{ "subnet 10.209.0.0/16\nipv6 fd00::1/64\n",
			"line 2: fd00::1/64 is not an IPv6 prefix" },
		{ "subnet 10.209.0.0/16\nipv6 none\nipv6 fd00::/64\n", "line 3: a second IPv6" },
		{ "subnet 10.0.0.0/8\n", "prefix of 16 to 29 bits" },
		{ "subnet fd00::/64\n", "not an IPv4 network" },
		{ "subnet 10.209.0.0/16\nweb1 0 52:54:00:00:00:01\n", "line 2: not \"NAME" },
		{ "subnet 10.209.0.0/16\n\n#\n../x 0 52:54:00:00:00:01 -\n", "line 4: not \"NAME" },
		{ "subnet 10.209.0.0/16\nweb1 0 52:54:00:00:00:01 10.209.0.1\n",
			"10.209.0.1 is not an address" },
		{ "subnet 10.209.0.0/16\nweb1 0 52:54:00:00:00:01 10.209.255.255\n",
			"is not an address" },
		{ "subnet 10.209.0.0/16\nweb1 0 52:54:00:00:00:01 10.210.0.2\n",
			"is not an address" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_address_file_ AddressFile file = { 0 };
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(address_file_parse(bad[i].text, &file, &error), -EINVAL);
		if (!strstr(error_message(error), bad[i].words))
			fail_msg("\"%s\" does not say \"%s\"", error_message(error), bad[i].words);
	}
}

#define HEADING                                                                                    \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

#define TAKES_10 "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
#define TAKES_172 "eth0\t000010AC\t00000000\t0001\t0\t0\t0\t0000F0FF\t0\t0\t0\n"

TEST(choose_subnet)
{
	static const struct {
		const char *routes;
		uint32_t network; /* 0: refused */
	} cases[] = {
		{ HEADING, 0x0ad10000 },
		{ HEADING "eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
			0x0ad10000 },
		/* 10.209.5.0/24 and 10.210.0.0/16 are the host's. */
		{ HEADING "eth1\t0005D10A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
			  "eth2\t0000D20A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
			0x0ad30000 },
		/* Our own bridge is no obstacle. */
		{ HEADING "vsb0\t0000D10A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
			0x0ad10000 },
		/* A route to all of one private range leads to the next. */
		{ HEADING TAKES_10, 0xac140000 },
		{ HEADING TAKES_10 TAKES_172, 0xc0a88000 },
		{ HEADING TAKES_10 TAKES_172
			"eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
			0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		Subnet chosen = { 0 };
		int r = reserve_choose_subnet(cases[i].routes, &chosen, NULL);

		assert_int_equal(r, cases[i].network ? 0 : -EADDRNOTAVAIL);
		assert_int_equal(chosen.network, cases[i].network);
	}
}
