/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may move the places: variables that root follows only to where nobody else can write.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/path.h"
#include "base/unit-test.h"

static char directory[] = "/tmp/test-layout.XXXXXX";

static int set_up(_unused_ void **state)
{
	return mkdtemp(directory) && setenv("VIRT_SANDBOX_LIBEXEC", directory, 1) == 0 ? 0 : -1;
}

static int tear_down(_unused_ void **state)
{
	return file_remove_tree(AT_FDCWD, directory, NULL);
}

static void expect_program(const char *expected_directory)
{
	_cleanup_free_ char *found = layout_program("x"),
			    *expected = path_join(expected_directory, "x");

	assert_non_null(found);
	assert_string_equal(found, expected);
}

static void expect_refused(const char *blamed)
{
	_cleanup_error_ Error *error = NULL;

	assert_int_equal(layout_check(&error), -EPERM);
	assert_non_null(strstr(error_message(error), "cannot use VIRT_SANDBOX_LIBEXEC: "));
	assert_non_null(strstr(error_message(error), blamed));
	expect_program(LIBEXECDIR);
}

/* A directory below /tmp, which has the sticky bit. */
TEST(own_directory_is_followed)
{
	assert_int_equal(layout_check(NULL), 0);
	expect_program(directory);
}

TEST(what_others_can_write_is_not)
{
	_cleanup_free_ char *below = path_join(directory, "below"),
			    *missing = path_join(directory, "missing");

	if (geteuid() != 0) { /* who has no rights to give away may run what he likes */
		assert_int_equal(chmod(directory, 0777), 0);
		assert_int_equal(layout_check(NULL), 0);
		assert_int_equal(chmod(directory, 0700), 0);
		return;
	}
	assert_int_equal(chmod(directory, 0777), 0);
	expect_refused(directory);
	assert_int_equal(chmod(directory, 0775), 0);
	expect_refused(directory);
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", below, 1), 0);
	expect_refused(directory);
	assert_int_equal(chmod(directory, 01777), 0);
	expect_program(below);
	assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", missing, 1), 0);
	expect_refused(missing);
	assert_int_equal(chmod(directory, 0755), 0);
	expect_program(missing);
	assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", directory, 1), 0);
	assert_int_equal(chown(directory, 1, 0), 0);
	expect_refused(directory);
	assert_int_equal(chown(directory, 0, 0), 0);
	assert_int_equal(rmdir(below), 0);
	assert_int_equal(symlink("/", below), 0);
	assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", below, 1), 0);
	expect_refused(below);
}

/* Passed over, it would leave us with the places of the real host. */
TEST(what_is_no_plain_path_is_refused)
{
	static const char *const values[] = { "below", "/tmp/../tmp", "/tmp/", "//tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", values[i], 1), 0);
		assert_int_equal(layout_check(&error), -EINVAL);
		assert_non_null(strstr(error_message(error), values[i]));
		expect_program(LIBEXECDIR);
	}
	assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", directory, 1), 0);
}

TEST_GROUP(set_up, tear_down)
