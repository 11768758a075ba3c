/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Published ports as text, and which of them are in each other's way.
 */
#include <string.h>

#include "base/unit-test.h"
#include "net/publication.h"

static void expect(const char *text, const char *normal)
{
	char again[PUBLICATION_SIZE];
	_cleanup_error_ Error *error = NULL;
	Publication p, q;

	if (publication_parse(text, &p, &error) < 0)
		fail_msg("%s: %s", text, error_message(error));
	publication_format(&p, again);
	assert_string_equal(again, normal);
	assert_int_equal(publication_parse(again, &q, NULL), 0);
	assert_true(publication_equal(&p, &q));
}

TEST(text)
{
	static const char *const bad[] = { "", ":", "80", "80:", ":80", "0:80", "80:0", "65536:1",
		"1:65536", "080000:1", "+1:1", " 1:1", "1:1 ", "1:1/", "1:1/UDP", "1:1/udp/tcp",
		"1-2:1", "1-2:1-2", "::1:1:1", "[::1]1:1", "[1.2.3.4]:1:1", "1.2.3.4/8:1:1",
		"a:1:1", ":1:1", "[]:1:1", "224.0.0.1:1:1", "255.255.255.255:1:1", "0.1.2.3:1:1",
		"[ff02::1]:1:1", "[fe80::1]:1:1", "1:1:1:1" };
	Publication p;

	expect("8080:80", "8080:80");
	expect("8080:80/tcp", "8080:80");
	expect("0.0.0.0:53:53/udp", "53:53/udp");
	expect("[::]:53:53", "53:53");
	expect("127.0.0.1:8080:80", "127.0.0.1:8080:80");
	expect("[0::1]:65535:1/udp", "[::1]:65535:1/udp");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (publication_parse(bad[i], &p, NULL) != -EINVAL)
			fail_msg("\"%s\" is accepted", bad[i]);
}

TEST(range)
{
	static const char *const bad[] = { "1-2:1", "1:1-2", "2-1:2-1", "1-:1-2", "-2:1-2",
		"0-1:0-1", "65535-65536:1-2", "1-2-3:1-2-3", "1-2:1-3" };
	unsigned int count;
	Publication p;

	assert_int_equal(
		publication_parse_range("127.0.0.1:8000-8010:90-100/udp", &p, &count, NULL), 0);
	assert_true(count == 11 && p.outer == 8000 && p.inner == 90 && p.udp && !p.any);
	assert_int_equal(publication_parse_range("8000-8000:9", &p, &count, NULL), 0);
	assert_int_equal(count, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (publication_parse_range(bad[i], &p, &count, NULL) != -EINVAL)
			fail_msg("\"%s\" is accepted", bad[i]);
}

static bool overlap(const char *a, const char *b)
{
	Publication p, q;

	assert_int_equal(publication_parse(a, &p, NULL), 0);
	assert_int_equal(publication_parse(b, &q, NULL), 0);
	assert_int_equal(publication_overlaps(&p, &q), publication_overlaps(&q, &p));
	return publication_overlaps(&p, &q);
}

TEST(overlap)
{
	assert_true(overlap("80:80", "80:81"));
	assert_true(overlap("80:80", "127.0.0.1:80:80"));
	assert_true(overlap("80:80", "[::1]:80:80"));
	assert_false(overlap("80:80", "80:80/udp"));
	assert_false(overlap("80:80", "81:80"));
	assert_false(overlap("127.0.0.1:80:80", "127.0.0.2:80:80"));
	assert_false(overlap("127.0.0.1:80:80", "[::1]:80:80"));
}
