/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading what the kernel says.
 */
#include "base/unit-test.h"
#include "engine/verify/evidence.h"

TEST(mounts)
{
	static const char text[] =
		"45 44 0:41 / / ro,nosuid shared:1 - tmpfs none rw\n"
		"159 45 254:0 /usr /usr ro,idmapped shared:13 master:2 - ext4 /dev/vda rw\n"
		"a line that is none\n"
		"47 45 0:9 / /a\\040b rw - proc proc rw";
	SeenMount *mounts = NULL;
	size_t n = 0;

	assert_int_equal(evidence_parse_mounts(text, &mounts, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(mounts[0].line, "45");
	assert_string_equal(mounts[0].type, "tmpfs");
	assert_string_equal(mounts[1].target, "/usr");
	assert_string_equal(mounts[1].root, "/usr");
	assert_int_equal(mounts[1].major, 254);
	assert_string_equal(mounts[1].peers, "shared:13 master:2");
	assert_string_equal(mounts[2].target, "/a b");
	assert_string_equal(mounts[2].peers, "");
	evidence_free_mounts(mounts, n);
	assert_int_equal(evidence_parse_mounts("", &mounts, &n), 0);
	assert_int_equal(n, 0);
}

TEST(options)
{
	assert_true(evidence_has_option("ro,nosuid,idmapped", "ro"));
	assert_true(evidence_has_option("ro,nosuid,idmapped", "idmapped"));
	assert_false(evidence_has_option("rw,nosuid", "ro"));
	assert_false(evidence_has_option("errors=ro,rox", "ro"));
}

TEST(fields)
{
	static const char text[] = "Name:\tSeccomp: 0\nSeccomp:\t2\nCapBnd:\t00000000b5ecadff\n";
	char room[32];
	uint64_t mask;

	assert_string_equal(evidence_field(text, "Seccomp", room, sizeof(room)), "2");
	assert_true(evidence_mask(text, "CapBnd", &mask));
	assert_int_equal(mask, 0xb5ecadff);
	assert_false(evidence_mask(text, "CapAmb", &mask));
	assert_false(evidence_mask(text, "Name", &mask));
}
