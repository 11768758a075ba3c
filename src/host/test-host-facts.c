/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts of whole fake hosts against golden files: tests/golden/host/HOST.tree is the host, HOST-UNIT.facts what is read of it.
 * UPDATE_GOLDEN=1 writes the golden files instead.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "host/host-read.h"
#include "host/knowledge.h"
#include "host/unit-resolve.h"
#include "host/test-format.h"

#define FEDORA_DATABASE "/usr/lib/sysimage/rpm"

static char *golden_path(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/tests/golden/host/%s", getenv("SOURCE_ROOT"), name) > 0);
	return path;
}

/* Our own rules, borrowed. */
static const char *rules_directory(void)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/rules.d", getenv("SOURCE_ROOT"));
	return path;
}

static void make_parents(const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(path_base(path) - 1 - path));

	assert_int_equal(file_mkdir_p(parent, 0755, NULL), 0);
}

/* One "== KIND PATH ..." with the text that follows. */
static void make_node(const char *root, char *head, const char *content, size_t size)
{
	_cleanup_strv_ char **words = NULL;
	_cleanup_free_ char *path = NULL;
	unsigned int mode, uid, gid;

	assert_int_equal(strv_split(&words, head, " "), 0);
	assert_true(strv_length(words) >= 2);
	path = path_join(root, words[1]);
	make_parents(path);
	switch (words[0][0]) {
	case 'l':
		assert_int_equal(symlink(words[2], path), 0);
		break;
	case 'd':
		assert_int_equal(sscanf(words[2], "%o", &mode), 1);
		assert_int_equal(sscanf(words[3], "%u:%u", &uid, &gid), 2);
		assert_int_equal(file_mkdir_p(path, 0755, NULL), 0);
		assert_int_equal(chown(path, uid, gid), 0);
		assert_int_equal(chmod(path, (mode_t)mode), 0);
		break;
	default:
		assert_int_equal(file_write_atomic(path, content, size,
					 words[0][0] == 'x' ? 0755 : 0644, NULL),
			0);
	}
}

static void make_tree(const char *root, const char *name)
{
	_cleanup_free_ char *path = golden_path(name), *text = NULL;
	char *node;

	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	node = strstr(text, "\n== ");
	while (node) {
		char *head = node + strlen("\n== "), *content = strchr(head, '\n') + 1,
		     *next = strstr(content - 1, "\n== ");

		content[-1] = '\0';
		make_node(root, head, content,
			next ? (next >= content ? (size_t)(next + 1 - content) : 0)
			     : strlen(content));
		node = next;
	}
}

static char *make_root(void)
{
	char *root = strdup("/tmp/test-host-facts.XXXXXX");

	assert_non_null(mkdtemp(root));
	assert_int_equal(chmod(root, 0755), 0);
	return root;
}

static void remove_root(char *root)
{
	assert_int_equal(file_remove_tree(AT_FDCWD, root, NULL), 0);
	free(root);
}

static void compare_golden(const char *name, const char *text)
{
	_cleanup_free_ char *path = golden_path(name), *expected = NULL;

	if (getenv("UPDATE_GOLDEN")) {
		assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
		return;
	}
	assert_int_equal(file_read(path, &expected, NULL, NULL), 0);
	assert_string_equal(text, expected);
}

static void check_facts(const char *root, const char *unit, const char *golden)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_facts_ Facts *facts = NULL;
	_cleanup_free_ char *text = NULL;
	char *units[] = { (char *)unit, NULL };
	char *with[] = { (char *)"/srv/own", NULL };
	Desc desc = { .name = (char *)"web1", .units = units, .with = with };

	if (host_read_facts(root, rules_directory(), false, &desc, &facts, &error) < 0)
		fail_msg("%s", error_message(error));
	free(facts->machine);
	facts->machine = NULL; /* of the machine that runs the test */
	assert_int_equal(facts_format(facts, &text, NULL), 0);
	compare_golden(golden, text);
}

static void require_root(void)
{
	if (geteuid() != 0)
		unit_test_skip("only root may give files their owners");
}

TEST(debian)
{
	char *root;

	require_root();
	root = make_root();
	make_tree(root, "debian.tree");
	check_facts(root, "apache2", "debian-apache2.facts");
	check_facts(root, "redis", "debian-redis.facts");
	check_facts(root, "postgresql.service", "debian-postgresql.facts");
	check_facts(root, "demo", "debian-demo.facts");
	check_facts(root, "oldd", "debian-oldd.facts");
	check_facts(root, "inet.socket", "debian-inet.facts");
	/* what a timer that was asked for starts would not come along with another unit */
	check_facts(root, "apt-daily.timer", "debian-timer.facts");
	check_facts(root, "apt-daily", "debian-condition.facts");
	check_facts(root, "xinetd", "debian-xinetd.facts");
	remove_root(root);
}

static void check_resolved(const UnitIndex *index, const char *name, const char *expected)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *resolved = NULL;

	if (unit_resolve(index, name, "web1", &resolved, &error) < 0)
		assert_string_equal(error_message(error), expected);
	else
		assert_string_equal(resolved, expected);
}

TEST(names)
{
	_cleanup_host_root_ HostRoot host = { .fd = -EBADF };
	_cleanup_unit_index_ UnitIndex index = { 0 };
	_cleanup_knowledge_ Knowledge *knowledge = NULL;
	char *root = make_root();

	if (geteuid() == 0) {
		make_tree(root, "debian.tree");
		assert_int_equal(host_root_open(&host, root, NULL), 0);
		assert_int_equal(unit_index_load(&host, false, &index, NULL), 0);
		check_resolved(&index, "apache2", "apache2.service");
		check_resolved(&index, "redis", "redis-server.service");
		check_resolved(&index, "database", "postgresql.service");
		check_resolved(&index, "linked.service", "linked.service");
		check_resolved(&index, "postgresql@.service", "postgresql@web1.service");
		check_resolved(&index, "postgresql@15-main.service", "postgresql@15-main.service");
		check_resolved(&index, "oldd", "oldd.service");
		assert_int_equal(knowledge_load_from(rules_directory(), NULL, &knowledge, NULL), 0);
		host.knowledge = knowledge;
		check_resolved(&index, "httpd.service", "apache2.service");
		check_resolved(&index, "apach2.service",
			"unit apach2.service does not exist on this host; did you mean apache2.service?");
		check_resolved(&index, "nothing-like-it",
			"unit nothing-like-it.service does not exist on this host; \"systemctl list-unit-files\" shows those "
			"that do, or install its package");
		check_resolved(&index, "masked",
			"unit masked.service is masked on this host; run \"systemctl unmask masked.service\" first");
		check_resolved(&index, "loop1",
			"cannot find unit loop1.service: Too many levels of symbolic links");
		check_resolved(&index, "../x", "\"../x\" is not the name of a systemd unit");
	}
	remove_root(root);
	require_root();
}

static void check_refused(const char *root, Desc *desc, int errnum, const char *expected)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_facts_ Facts *facts = NULL;

	assert_int_equal(
		host_read_facts(root, rules_directory(), false, desc, &facts, &error), -errnum);
	assert_string_equal(error_message(error), expected);
}

TEST(refusals)
{
	char *units[] = { (char *)"linked.service", NULL }, *none[] = { (char *)"nosuch", NULL };
	Desc desc = { .name = (char *)"web1", .units = units };
	char *root;

	require_root();
	root = make_root();
	make_tree(root, "debian.tree");
	desc.packages = none;
	check_refused(root, &desc, ENOPKG, "package nosuch is not installed on this host");
	remove_root(root);
}

/* A unit that somebody wrote by hand, and whose files are named: the text of its program says what it needs. */
TEST(no_package)
{
	char *root;

	require_root();
	root = make_root();
	make_tree(root, "debian.tree");
	check_facts(root, "linked", "debian-linked.facts");
	remove_root(root);
}

/* A systemd that does not answer (or, where one runs, that has never heard of the unit) leaves what the files say. */
TEST(no_answer)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_facts_ Facts *facts = NULL;
	char *units[] = { (char *)"redis", NULL };
	Desc desc = { .name = (char *)"web1", .units = units };
	char *root;

	require_root();
	root = make_root();
	make_tree(root, "debian.tree");
	if (host_read_facts(root, rules_directory(), true, &desc, &facts, &error) < 0)
		fail_msg("%s", error_message(error));
	assert_string_equal(facts->units[0].name, "redis-server.service");
	if (access("/run/systemd/system", F_OK) < 0)
		assert_non_null(strstr(facts->manager_problem, "systemctl"));
	remove_root(root);
}

static void run(const char *const *argv, const char *what)
{
	_cleanup_error_ Error *error = NULL;

	if (spawn_run((char *const *)argv, NULL, NULL, NULL, &error) < 0)
		fail_msg("%s: %s", what, error_message(error));
}

/* Builds the packages and installs them into a database below root. */
static void make_fedora(const char *root)
{
	_cleanup_free_ char *spec = golden_path("fedora.spec"), *top = NULL, *all = NULL;

	assert_true(asprintf(&top, "_topdir %s/build", root) > 0);
	assert_true(
		asprintf(&all,
			"rpm --root %s --dbpath %s --install --nodeps --noscripts --nosignature %s/build/RPMS/noarch/*.rpm",
			root, FEDORA_DATABASE, root) > 0);
	run((const char *const[]){ "rpmbuild", "-bb", "--quiet", "--define", top, spec, NULL },
		"rpmbuild");
	run((const char *const[]){ "rpm", "--root", root, "--dbpath", FEDORA_DATABASE, "--initdb",
		    NULL },
		"rpm --initdb");
	run((const char *const[]){ "sh", "-c", all, NULL }, "rpm --install");
}

TEST(fedora)
{
	_cleanup_free_ char *plugins = NULL;
	char *root;

	require_root();
	assert_true(asprintf(&plugins, "%s/src/host", getenv("BUILD_ROOT")) > 0);
	assert_int_equal(setenv("VIRT_SANDBOX_LIBEXEC", plugins, 1), 0);
	if (access("/usr/bin/rpmbuild", X_OK) < 0)
		unit_test_skip("needs rpmbuild");
	root = make_root();
	make_tree(root, "fedora.tree");
	make_fedora(root);
	check_facts(root, "httpd", "fedora-httpd.facts");
	remove_root(root);
}

/* The trees that are read are as an administrator left them. */
static int set_umask(_unused_ void **state)
{
	(void)umask(0022);
	return 0;
}
TEST_GROUP(set_umask, NULL)
