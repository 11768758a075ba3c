/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths as text, and opening below a hostile root.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/file.h"

#include "base/path.h"
#include "base/unit-test.h"

TEST(below)
{
	assert_true(path_is_below("/etc", "/etc"));
	assert_true(path_is_below("/etc/a/b", "/etc"));
	assert_true(path_is_below("/etc/a", "/etc/"));
	assert_true(path_is_below("/etc/a", "/etc//"));
	assert_true(path_is_below("/etc", "/etc/"));
	assert_false(path_is_below("/etcetera", "/etc/"));
	assert_true(path_is_below("/etc", "/"));
	assert_false(path_is_below("/etcetera", "/etc"));
	assert_false(path_is_below("/et", "/etc"));
}

TEST(normal)
{
	const char *good[] = { "/", "/a", "/a/b", "/...", "/a/..b" };
	const char *bad[] = { "", "a", "/a/", "//", "/a//b", "/.", "/..", "/a/../b", "/a/." };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(path_is_normal(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(path_is_normal(bad[i]));
}

TEST(normalize)
{
	const char *pairs[][2] = { { "/", "/" }, { "//a//b/", "/a/b" }, { "/./a/.", "/a" },
		{ "/a/b", "/a/b" } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_free_ char *p = path_normalize(pairs[i][0]);

		assert_string_equal(p, pairs[i][1]);
		assert_true(path_is_normal(p));
	}
	assert_null(path_normalize("/a/../b"));
	assert_null(path_normalize("a"));
}

/* Links in the root that point outside: followed as inside, or refused, never out. */
TEST(hostile_root)
{
	char root[] = "/tmp/test-path.XXXXXX";
	_cleanup_fd_ int root_fd = -EBADF, fd = -EBADF;

	assert_non_null(mkdtemp(root));
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root_fd >= 0);
	assert_int_equal(symlinkat("/etc", root_fd, "absolute"), 0);
	assert_int_equal(symlinkat("../../../../etc", root_fd, "relative"), 0);
	assert_int_equal(symlinkat("/proc/self/root/etc", root_fd, "magic"), 0);
	assert_int_equal(symlinkat("loop", root_fd, "loop"), 0);

	assert_int_equal(path_open_in_root(root_fd, "absolute/passwd", O_RDONLY, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root_fd, "relative/passwd", O_RDONLY, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root_fd, "magic/passwd", O_RDONLY, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root_fd, "../../etc/passwd", O_RDONLY, 0), -ENOENT);
	assert_int_equal(path_open_in_root(root_fd, "loop", O_RDONLY, 0), -ELOOP);
	assert_int_equal(path_open_no_links(root_fd, "absolute/passwd", O_RDONLY, 0), -ELOOP);
	assert_int_equal(path_mkdir_in_root(root_fd, "absolute/x", 0755), -ENOTDIR);

	fd = path_mkdir_in_root(root_fd, "/etc/deep/er", 0755);
	assert_true(fd >= 0);
	fd = fd_close(fd);
	fd = path_open_in_root(
		root_fd, "absolute/deep/er", O_PATH | O_DIRECTORY, 0); /* now it is inside */
	assert_true(fd >= 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, root, NULL), 0);
	assert_int_equal(access(root, F_OK), -1);
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}
