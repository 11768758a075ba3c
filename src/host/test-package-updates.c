/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Packages that dpkg unpacked after a moment, by the lists of their files.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arch.h"
#include "base/file.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "host/package-updates.h"

static char root[] = "/tmp/test-package-updates.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return file_remove_tree(AT_FDCWD, root, NULL);
}

TEST_GROUP(set_up, tear_down)

static void put(const char *name)
{
	_cleanup_free_ char *folder = path_join(root, "/var/lib/dpkg/info"),
			    *whole = path_join(folder, name);

	assert_int_equal(file_mkdir_parent(whole, NULL), 0);
	assert_int_equal(file_write_unsynced(whole, "/.\n", 3, 0644, NULL), 0);
}

TEST(counts_what_is_newer)
{
	char *packages[] = { (char *)"cron", (char *)"libc6", (char *)"missing", NULL };
	int64_t now = time(NULL);
	_cleanup_free_ char *of_arch = NULL;
	size_t n = 7;

	assert_int_equal(package_updates(root, packages, now - 10, &n), -EOPNOTSUPP);
	assert_int_equal(n, 7);
	put("cron.list");
	put("other.list");
	assert_true(asprintf(&of_arch, "libc6:%s.list", arch_native()) > 0);
	put(of_arch);
	assert_int_equal(package_updates(root, packages, now - 10, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(package_updates(root, packages, now + 10, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(package_updates(root, NULL, now - 10, &n), 0);
	assert_int_equal(n, 0);
}
