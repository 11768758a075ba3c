/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's units of a container and the link to its journal, in a place of their own.
 */
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "host/host.h"
#include "host/unit-write.h"

static int set_up(void **state)
{
	char *root = strdup("/tmp/test-host-units.XXXXXX");

	assert_non_null(mkdtemp(root));
	*state = root;
	return setenv("VIRT_SANDBOX_ROOT", root, 1) ||
	       setenv("VIRT_SANDBOX_LIBEXEC", "/usr/libexec/virt-sandbox", 1);
}

static int tear_down(void **state)
{
	assert_int_equal(file_remove_tree(AT_FDCWD, *state, NULL), 0);
	free(*state);
	return 0;
}

static char *in_root(void **state, const char *path)
{
	return path_join(*state, path);
}

static void compare_golden(const char *name, const char *text)
{
	_cleanup_free_ char *path = NULL, *expected = NULL;

	assert_true(asprintf(&path, "%s/tests/golden/host/%s", getenv("SOURCE_ROOT"), name) > 0);
	if (getenv("UPDATE_GOLDEN")) {
		assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
		return;
	}
	assert_int_equal(file_read(path, &expected, NULL, NULL), 0);
	assert_string_equal(text, expected);
}

static Desc example(char **units)
{
	return (Desc){
		.name = (char *)"web1",
		.kind = units ? DESC_SERVICE : DESC_COMMAND,
		.units = units,
	};
}

/* Of all that example() gives. */
static const Places places = { .tree = "/srv/con tainers/50%/web1" };

TEST(text)
{
	char *units[] = { (char *)"httpd.service", (char *)"postgresql@15-main.service",
		(char *)"httpd.socket", NULL };
	_cleanup_written_units_ WrittenUnits written = { 0 };
	Desc desc = example(units);

	assert_int_equal(unit_write(&desc, &places, &written, NULL), 0);
	assert_int_equal(written.n, 3);
	assert_string_equal(written.items[0].name, "web1_sandbox.service");
	assert_string_equal(written.items[1].name, "httpd@web1.service");
	assert_string_equal(written.items[2].name, "postgresql@web1.service");
	/* only the programs' places differ from build to build */
	compare_golden("httpd@web1.service", written.items[1].text);
	assert_non_null(strstr(
		written.items[0].text, "\nRequiresMountsFor=\"/srv/con tainers/50%%/web1\"\n"));
	assert_non_null(strstr(written.items[0].text,
		"\nExecStart=\"/usr/libexec/virt-sandbox/virt-sandbox-supervisor\" web1\n"));
	*strstr(written.items[0].text, "\nExecReload=") = '\0';
	compare_golden("web1_sandbox.service", written.items[0].text);
}

TEST(command)
{
	_cleanup_written_units_ WrittenUnits written = { 0 };
	Desc desc = example(NULL);

	assert_int_equal(unit_write(&desc, &places, &written, NULL), 0);
	assert_int_equal(written.n, 1);
	assert_null(strstr(written.items[0].text, "ExecReload="));
}

TEST(write_and_remove)
{
	char *units[] = { (char *)"httpd.service", NULL };
	_cleanup_free_ char *wants = in_root(state, "/etc/systemd/system/multi-user.target.wants");
	_cleanup_free_ char *link =
		in_root(state, "/etc/systemd/system/multi-user.target.wants/httpd@web1.service");
	_cleanup_strv_ char **paths = NULL;
	Desc desc = example(units);
	struct stat st;

	assert_int_equal(host_units_write(&desc, &places, &paths, NULL), 0);
	assert_int_equal(strv_length(paths), 2);
	assert_string_equal(path_base(paths[0]), "web1_sandbox.service");
	assert_int_equal(stat(paths[0], &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(file_mkdir_p(wants, 0755, NULL), 0);
	assert_int_equal(symlink(paths[1], link), 0);
	assert_int_equal(
		host_units_write(&desc, &places, &paths, NULL), 0); /* again: they are ours */
	assert_int_equal(host_units_remove(&desc, &places, NULL), 0);
	assert_int_equal(access(paths[0], F_OK), -1);
	assert_int_equal(access(paths[1], F_OK), -1);
	assert_int_equal(lstat(link, &st), -1);
	assert_int_equal(host_units_remove(&desc, &places, NULL), 0);
}

TEST(foreign_unit)
{
	char *units[] = { (char *)"httpd.service", NULL };
	_cleanup_free_ char *directory = in_root(state, "/etc/systemd/system");
	_cleanup_free_ char *foreign = in_root(state, "/etc/systemd/system/httpd@web1.service");
	_cleanup_free_ char *sandbox = in_root(state, "/etc/systemd/system/web1_sandbox.service");
	_cleanup_strv_ char **paths = NULL;
	_cleanup_error_ Error *error = NULL;
	Desc desc = example(units);

	assert_int_equal(file_mkdir_p(directory, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(foreign, "[Unit]\n", 7, 0644, NULL), 0);
	assert_int_equal(host_units_write(&desc, &places, &paths, &error), -EEXIST);
	assert_non_null(strstr(error_message(error), "was not written for this container"));
	assert_null(paths);
	assert_int_equal(access(sandbox, F_OK), -1); /* undone */
	assert_int_equal(host_units_remove(&desc, &places, NULL), 0);
	assert_int_equal(access(foreign, F_OK), 0);
}

TEST(journal)
{
	_cleanup_free_ char *journal = in_root(state, "/var/log/journal");
	_cleanup_free_ char *link =
		in_root(state, "/var/log/journal/0123456789abcdef0123456789abcdef");
	static const char uuid[] = "0123456789abcdef0123456789abcdef";
	char target[256];
	struct stat st;
	ssize_t n;

	assert_int_equal(host_journal_link(uuid, "/tree", NULL), 0);
	assert_int_equal(access(journal, F_OK), -1); /* a journal in memory stays there */
	assert_int_equal(file_mkdir_p(journal, 0755, NULL), 0);
	assert_int_equal(host_journal_link(uuid, "/old", NULL), 0);
	assert_int_equal(host_journal_link(uuid, "/tree", NULL), 0);
	n = readlink(link, target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	assert_string_equal(target, "/tree/var/log/journal/0123456789abcdef0123456789abcdef");
	assert_int_equal(host_journal_unlink(uuid, NULL), 0);
	assert_int_equal(lstat(link, &st), -1);
	assert_int_equal(host_journal_unlink(uuid, NULL), 0);
	assert_int_equal(mkdir(link, 0755), 0);
	assert_int_equal(host_journal_unlink(uuid, NULL), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_int_equal(host_journal_link(uuid, "/tree", NULL), -EEXIST);
}

TEST(systemd)
{
	assert_false(host_has_systemd()); /* moved: the real one is not ours to use */
}

TEST_FIXTURE(set_up, tear_down)
