/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Manifests: what is read back is what was written, changes are seen, rubbish is refused.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/unit-test.h"
#include "content/manifest.h"

static char root[] = "/tmp/test-manifest.XXXXXX";

static int setup(_unused_ void **state)
{
	return mkdtemp(root) && setenv("VIRT_SANDBOX_ROOT", root, 1) == 0 && chdir(root) == 0 ? 0
											      : -1;
}

static int teardown(_unused_ void **state)
{
	return chdir("/") == 0 ? file_remove_tree(AT_FDCWD, root, NULL) : -1;
}

static void put(const char *path, const char *content)
{
	assert_int_equal(file_write_atomic(path, content, strlen(content), 0644, NULL), 0);
}

TEST(changes_are_seen)
{
	_cleanup_manifest_ Manifest before = { 0 }, after = { 0 }, loaded = { 0 }, noted = { 0 };
	_cleanup_fd_ int fd = -EBADF;

	assert_int_equal(file_mkdir_p("etc/deep/er", 0755, NULL), 0);
	put("etc/same", "same");
	put("etc/changed", "before");
	put("etc/deep/er/with space", "");
	assert_int_equal(symlink("/etc/shadow", "etc/link"), 0);
	fd = open("etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(manifest_make(fd, NULL, &before, NULL), 0);
	assert_int_equal(before.n_files, 4);

	/* What was noted while it was written is not read again. */
	assert_int_equal(manifest_note(&noted, "same", false, "same", 4), 0);
	assert_int_equal(manifest_note(&noted, "changed", false, "noted", 5), 0);
	assert_int_equal(manifest_note(&noted, "link", true, "/etc/shadow", 11), 0);
	assert_int_equal(manifest_note(&noted, "gone", false, "", 0), 0);
	assert_int_equal(manifest_make(fd, &noted, &after, NULL), 0);
	assert_int_equal(after.n_files, 4);
	assert_true(*manifest_find(&before, "same") == *manifest_find(&after, "same"));
	assert_true(*manifest_find(&before, "link") == *manifest_find(&after, "link"));
	assert_true(*manifest_find(&before, "changed") != *manifest_find(&after, "changed"));
	manifest_done(&after);

	put("etc/changed", "after");
	assert_int_equal(unlink("etc/link"), 0);
	assert_int_equal(symlink("/etc/passwd", "etc/link"), 0);
	assert_int_equal(manifest_make(fd, NULL, &after, NULL), 0);
	assert_true(*manifest_find(&before, "same") == *manifest_find(&after, "same"));
	assert_true(*manifest_find(&before, "deep/er/with space") ==
		    *manifest_find(&after, "deep/er/with space"));
	assert_true(*manifest_find(&before, "changed") != *manifest_find(&after, "changed"));
	assert_true(*manifest_find(&before, "link") != *manifest_find(&after, "link"));
	assert_null(manifest_find(&after, "missing"));

	assert_int_equal(manifest_save(&before, "manifests/web", NULL), 0);
	assert_int_equal(manifest_load("manifests/web", &loaded, NULL), 0);
	assert_int_equal(loaded.n_files, before.n_files);
	for (size_t i = 0; i < before.n_files; i++) {
		assert_string_equal(loaded.files[i].path, before.files[i].path);
		assert_true(loaded.files[i].digest == before.files[i].digest);
	}
}

TEST(none_is_empty)
{
	_cleanup_manifest_ Manifest manifest = { 0 };

	assert_int_equal(manifest_load("none", &manifest, NULL), 0);
	assert_int_equal(manifest.n_files, 0);
	assert_int_equal(manifest_forget("none", NULL), 0);
}

TEST(rubbish)
{
	const char *const bad[] = { "x\n", "0123456789abcdef\n", "0123456789abcdef \n",
		"0123456789abcde file\n", "0123456789abcdef0 file\n",
		"0123456789abcdef file\n0123\n" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_manifest_ Manifest manifest = { 0 };
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(manifest_parse(bad[i], &manifest, &error), -EINVAL);
		assert_non_null(strstr(error_message(error), "is not part of a manifest"));
	}
}

TEST_GROUP(setup, teardown)
