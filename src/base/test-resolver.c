/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which file has the name servers, on hosts of every kind.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/resolver.h"
#include "base/unit-test.h"

#define STUB "nameserver 127.0.0.53\noptions edns0\n"
#define REAL "# nameserver 127.0.0.1\nnameserver 192.0.2.53\n"

TEST(text)
{
	assert_true(resolver_is_local(""));
	assert_true(resolver_is_local("search example.org\n"));
	assert_true(resolver_is_local(STUB));
	assert_true(resolver_is_local("nameserver ::1\nnameserver\t127.0.0.1"));
	assert_false(resolver_is_local(REAL));
	assert_false(resolver_is_local(STUB "nameserver 2001:db8::1\n"));
}

static void write_below(const char *root, const char *path, const char *text)
{
	_cleanup_free_ char *all = path_join(root, path);
	char *slash = strrchr(all, '/');

	*slash = '\0';
	assert_int_equal(file_mkdir_p(all, 0755, NULL), 0);
	*slash = '/';
	assert_int_equal(file_write_atomic(all, text, strlen(text), 0644, NULL), 0);
}

static void link_below(const char *root, const char *path, const char *target)
{
	_cleanup_free_ char *all = path_join(root, path);

	(void)unlink(all);
	assert_int_equal(symlink(target, all), 0);
}

static void expect(const char *root, const char *path, bool local)
{
	_cleanup_fd_ int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *found = NULL;
	bool found_local = !local;

	assert_int_equal(resolver_find(fd, &found, &found_local), 0);
	if (path)
		assert_string_equal(found, path);
	else
		assert_null(found);
	assert_int_equal(found_local, local);
}

TEST(find)
{
	char root[] = "/tmp/test-resolver.XXXXXX";

	assert_non_null(mkdtemp(root));
	expect(root, NULL, false);
	write_below(root, "/etc/resolv.conf", REAL);
	expect(root, "/etc/resolv.conf", false);
	write_below(root, "/etc/resolv.conf", STUB);
	expect(root, "/etc/resolv.conf", true);
	/* NetworkManager, resolvconf */
	write_below(root, "/run/NetworkManager/resolv.conf", REAL);
	link_below(root, "/etc/resolv.conf", "/run/NetworkManager/resolv.conf");
	expect(root, "/run/NetworkManager/resolv.conf", false);
	/* systemd-resolved */
	write_below(root, "/run/systemd/resolve/stub-resolv.conf", STUB);
	write_below(root, "/run/systemd/resolve/resolv.conf", REAL);
	link_below(root, "/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
	expect(root, "/run/systemd/resolve/resolv.conf", false);
	/* which has no servers itself */
	write_below(root, "/run/systemd/resolve/resolv.conf", "search .\n");
	expect(root, "/run/systemd/resolve/stub-resolv.conf", true);
	/* a link to nowhere */
	link_below(root, "/etc/resolv.conf", "/run/gone");
	expect(root, "/run/systemd/resolve/resolv.conf", true);
	assert_int_equal(file_remove_tree(AT_FDCWD, root, NULL), 0);
}

TEST(composed)
{
	char *servers[] = { (char *)"nameserver 192.0.2.9", NULL },
	     *search[] = { (char *)"search b.example", NULL };
	const char *host = "# comment\nnameserver 127.0.0.1\nnameserver fe80::1%eth0\n"
			   "nameserver\t192.0.2.1\nnameservers 192.0.2.2\nsearch a.example\n"
			   "options edns0\nfoo\n";
	const struct {
		const char *text;
		char **lines;
		bool alone;
		const char *composed;
	} rows[] = {
		{ host, NULL, false, "nameserver\t192.0.2.1\nsearch a.example\noptions edns0\n" },
		{ host, NULL, true,
			"nameserver 127.0.0.1\nnameserver fe80::1%eth0\nnameserver\t192.0.2.1\n"
			"search a.example\noptions edns0\n" },
		{ host, servers, false, "search a.example\nnameserver 192.0.2.9\n" },
		{ host, search, false, "nameserver\t192.0.2.1\noptions edns0\nsearch b.example\n" },
		{ "nameserver 127.0.0.53", NULL, false, "nameserver 127.0.0.53\n" },
		{ "domain a.example\nsortlist 192.0.2.0", search, false,
			"sortlist 192.0.2.0\nsearch b.example\n" },
		{ "", NULL, false, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *made =
			resolver_compose(rows[i].text, rows[i].lines, rows[i].alone);

		assert_non_null(made);
		assert_string_equal(made, rows[i].composed);
	}
}
