/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The index of packages: what it answers, which caches it refuses, when the cache is used.
 */
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "host/account-text.h"
#include "host/package-index.h"

static int parse(const char *text, PackageIndex *index)
{
	return package_index_parse(strdup(text), index);
}

TEST(questions)
{
	_cleanup_package_index_ PackageIndex index = { 0 };
	bool set[3] = { false };
	size_t i;

	assert_int_equal(
		parse("host\tdpkg\npackage\tb\t2\tsrc\ta missing\nf\t/etc/b\nc\t/etc/b/conf\nf\t/etc/b-x\n"
		      "package\ta\t1\ta\tb\nf\t/etc/b\npackage\tc\t1\tc\t\nend\n",
			&index),
		0);
	assert_string_equal(index.kind, "dpkg");
	assert_int_equal(index.n_packages, 3);
	assert_string_equal(index.packages[package_index_find(&index, "b")].source, "src");
	assert_int_equal(package_index_find(&index, "missing"), PACKAGE_NONE);
	assert_int_equal(
		package_index_owner(&index, "/etc/b/conf"), package_index_find(&index, "b"));
	assert_int_equal(package_index_owner(&index, "/etc"), PACKAGE_NONE);
	assert_int_equal(package_index_close(&index, package_index_find(&index, "a"), set), 0);
	assert_true(set[0] && set[1] && !set[2]);
	i = package_index_below(&index, "/etc/b", 0);
	assert_string_equal(index.paths[i].path, "/etc/b/conf");
	assert_true(index.paths[i].conffile);
	assert_int_equal(package_index_below(&index, "/etc/b", i + 1), index.n_paths);
}

TEST(broken)
{
	static const char *const texts[] = {
		"",
		"end\n",
		"host\tdpkg\n",
		"host\tdpkg\npackage\ta\t1\ta\t\n",
		"host\tdpkg\nf\t/etc\nend\n",
		"host\tdpkg\npackage\t\t1\ta\t\nend\n",
		"host\tdpkg\npackage\ta\t1\ta\t\nf\trelative\nend\n",
		"host\tdpkg\nnonsense\tx\nend\n",
		"host\tdpkg\npackage\ta\t1\ta\t\nf\t/etc",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_package_index_ PackageIndex index = { 0 };

		assert_int_equal(parse(texts[i], &index), -EBADMSG);
	}
}

TEST(wanted)
{
	assert_true(package_path_is_wanted("/etc/x"));
	assert_true(package_path_is_wanted("/usr/lib/systemd/system/x.service"));
	assert_false(package_path_is_wanted("/usr/share/vi/bin/x"));
	assert_false(package_path_is_wanted("/etcetera"));
}

/* The real database of this machine: the second load must come from the cache, and a changed cache head must not be believed. */
TEST(cache)
{
	_cleanup_package_index_ PackageIndex cold = { 0 }, warm = { 0 }, again = { 0 };
	_cleanup_host_root_ HostRoot root = { .fd = -EBADF };
	_cleanup_free_ char *cache = NULL, *text = NULL;
	char directory[] = "/tmp/test-package-index.XXXXXX";
	struct stat before, after;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(setenv("VIRT_SANDBOX_ROOT", directory, 1), 0);
	assert_int_equal(host_root_open(&root, NULL, NULL), 0);
	assert_int_equal(package_index_load(&root, &cold, NULL), 0);
	cache = path_join(directory, "/var/lib/libvirt-sandbox/cache/packages");
	assert_int_equal(stat(cache, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	assert_int_equal(package_index_load(&root, &warm, NULL), 0);
	assert_int_equal(stat(cache, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(cold.n_packages, warm.n_packages);
	assert_int_equal(cold.n_paths, warm.n_paths);
	assert_int_equal(file_read(cache, &text, NULL, NULL), 0);
	assert_int_equal(
		file_write_atomic(cache, text, strlen(text) / 2, 0600, NULL), 0); /* cut off */
	assert_int_equal(package_index_load(&root, &again, NULL), 0);
	assert_int_equal(cold.n_paths, again.n_paths);
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
}

TEST(accounts)
{
	_cleanup_facts_ Facts *facts = calloc(1, sizeof(*facts));

	assert_int_equal(
		account_text_parse(
			"root:secret:0:0:root:/root:/bin/sh\n#c\n+::::::\nx:x:-1:0:::\ny:x:4294967295:0:::\n"
			"z:x:1\nw:x:7:8:W,,:/w:\n",
			false, &facts->accounts, &facts->n_accounts),
		0);
	assert_int_equal(account_text_parse("adm:x:4:a,b\nempty:x:5:\n+:::\n", true,
				 &facts->accounts, &facts->n_accounts),
		0);
	assert_int_equal(facts->n_accounts, 4);
	assert_string_equal(facts->accounts[1].name, "w");
	assert_int_equal(facts->accounts[1].gid, 8);
	assert_int_equal(strv_length(facts->accounts[2].members), 2);
	assert_non_null(facts_account(facts, "adm", true));
	assert_null(facts_account(facts, "adm", false));
}
