/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Relabelling and its memory, on user attributes instead of the kernel's.
 */

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "label/filelabel.h"
#include "label/relabel-journal.h"

#define XATTR "user.selinux"

typedef struct Fixture {
	char root[32];
	char *tree, *page, *plain, *fresh;
	LabelHost host;
	Label web, other;
} Fixture;

static void write_labelled(const char *path, const char *text)
{
	assert_int_equal(file_write_atomic(path, "x", 1, 0644, NULL), 0);
	if (text)
		assert_int_equal(setxattr(path, XATTR, text, strlen(text), 0), 0);
}

static void expect(const char *path, const char *text)
{
	char has[256] = "";

	if (getxattr(path, XATTR, has, sizeof(has) - 1) < 0)
		strcpy(has, "none");
	assert_string_equal(has, text);
}

static int setup(void **state)
{
	Fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->root, "/tmp/test-relabel.XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	(void)setenv("VIRT_SANDBOX_ROOT", f->root, 1);
	f->host = (LabelHost){ .root = f->root, .xattr_prefix = "user.", .memory_prefix = "user." };
	f->web = (Label){ .driver = &label_driver_selinux,
		.host = &f->host,
		.container = (char *)"web",
		.file = (char *)"u:r:t:s0:c1,c2",
		.relabel = true };
	f->other = f->web;
	f->other.container = (char *)"other";
	f->tree = path_join(f->root, "data");
	f->page = path_join(f->root, "data/html/page 1\n");
	f->plain = path_join(f->root, "data/plain");
	f->fresh = path_join(f->root, "data/html/fresh");
	if (file_mkdir_p(f->tree, 0755, NULL) < 0 ||
		setxattr(f->tree, XATTR, "u:r:srv_t:s0", 12, 0) < 0)
		return -1;
	{
		_cleanup_free_ char *html = path_join(f->tree, "html");

		if (mkdir(html, 0755) < 0 || setxattr(html, XATTR, "u:r:html_t:s0", 13, 0) < 0)
			return -1;
	}
	write_labelled(f->page, "u:r:page_t:s0");
	write_labelled(f->plain, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	Fixture *f = *state;
	int r = file_remove_tree(AT_FDCWD, f->root, NULL);

	free(f->tree);
	free(f->page);
	free(f->plain);
	free(f->fresh);
	free(f);
	return r;
}

TEST(there_and_back)
{
	Fixture *f = *state;

	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	expect(f->tree, f->web.file);
	expect(f->page, f->web.file);
	/* A second time changes and counts nothing. */
	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	assert_int_equal(label_release("web", NULL), -EBUSY);
	write_labelled(f->fresh, f->web.file);

	assert_int_equal(label_restore_tree(&f->web, f->tree, NULL), 0);
	expect(f->tree, "u:r:srv_t:s0");
	expect(f->page, "u:r:page_t:s0");
	expect(f->plain, "none");
	expect(f->fresh, "u:r:html_t:s0"); /* made by the container: as its directory */
	assert_int_equal(label_release("web", NULL), 0);
}

TEST(memory_is_gone_afterwards)
{
	Fixture *f = *state;
	char names[256];

	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	assert_true(listxattr(f->page, names, sizeof(names)) > (ssize_t)sizeof(XATTR));
	assert_int_equal(label_restore_tree(&f->web, f->tree, NULL), 0);
	assert_int_equal(listxattr(f->page, names, sizeof(names)), sizeof(XATTR));
}

static int relabel_with_mount(const Fixture *f, const char *what, const char *point)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount(what, point, NULL, MS_BIND, NULL) < 0)
		return 77;
	return label_relabel_tree(&f->web, f->tree, NULL) < 0;
}

/* A bind mount of the same file system, of "/" in the worst case, is not the tree's. */
TEST(mounted_below)
{
	Fixture *f = *state;
	_cleanup_free_ char *elsewhere = path_join(f->root, "elsewhere"),
			    *file = path_join(elsewhere, "file"),
			    *point = path_join(f->tree, "html");
	int status = -1;
	pid_t pid;

	assert_int_equal(mkdir(elsewhere, 0755), 0);
	write_labelled(file, "u:r:other_t:s0");
	pid = fork();
	if (pid == 0)
		_exit(relabel_with_mount(f, elsewhere, point));
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		unit_test_skip("only root may mount");
	assert_int_equal(WEXITSTATUS(status), 0);
	expect(f->tree, f->web.file);
	expect(f->plain, f->web.file);
	expect(file, "u:r:other_t:s0");
}

/* Two containers with one static label: the last to go puts the label back. */
TEST(use_count)
{
	Fixture *f = *state;

	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	assert_int_equal(label_relabel_tree(&f->other, f->tree, NULL), 0);
	assert_int_equal(label_restore_tree(&f->web, f->tree, NULL), 0);
	expect(f->page, f->web.file);
	assert_int_equal(label_restore_tree(&f->other, f->tree, NULL), 0);
	expect(f->page, "u:r:page_t:s0");
}

/* The journal of a container whose create died before it came to the file itself. */
static void write_journal(const Label *label, const char *path, const char *old)
{
	_cleanup_relabel_journal_ RelabelJournal journal = {};

	assert_int_equal(relabel_journal_add(&journal, path, old, NULL), 0);
	assert_int_equal(relabel_journal_save(label->container, &journal, NULL), 0);
}

/* It has used nothing, so deleting it takes no use away, and going on with it counts it once. */
TEST(died_before_its_use)
{
	Fixture *f = *state;

	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	write_journal(&f->other, f->page, "u:r:page_t:s0");
	assert_int_equal(label_restore_all(&f->other, NULL), 0);
	expect(f->page, f->web.file);
	assert_int_equal(label_release("other", NULL), 0);

	write_journal(&f->other, f->page, "u:r:page_t:s0");
	assert_int_equal(label_relabel_tree(&f->other, f->tree, NULL), 0);
	assert_int_equal(label_restore_all(&f->web, NULL), 0);
	expect(f->page, f->web.file);
	assert_int_equal(label_restore_all(&f->other, NULL), 0);
	expect(f->page, "u:r:page_t:s0");
	expect(f->tree, "u:r:srv_t:s0");
}

TEST(in_use_with_another_label)
{
	_cleanup_error_ Error *error = NULL;
	Fixture *f = *state;

	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	f->other.file = (char *)"u:r:t:s0:c3,c4";
	assert_int_equal(label_relabel_tree(&f->other, f->tree, &error), -EBUSY);
	assert_non_null(strstr(error_message(error), "another container"));
	expect(f->page, f->web.file);
}

/* A renamed file is known by its attributes, one that has lost them by the journal. */
TEST(two_memories)
{
	Fixture *f = *state;

	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	assert_int_equal(rename(f->page, f->fresh), 0);
	assert_int_equal(removexattr(f->tree, "user.virt-sandbox.selinux.users"), 0);
	assert_int_equal(label_restore_tree(&f->web, f->tree, NULL), 0);
	expect(f->fresh, "u:r:page_t:s0");
	expect(f->tree, "u:r:srv_t:s0");
}

TEST(static_without_relabel)
{
	Fixture *f = *state;

	f->web.relabel = false;
	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	expect(f->page, "u:r:page_t:s0");
	assert_int_equal(label_restore_tree(&f->web, f->tree, NULL), 0);
}

/* What the description names or not: the journal knows. "data-too" sorts between "srv" and what is below it. */
TEST(restore_all)
{
	Fixture *f = *state;
	_cleanup_free_ char *too = path_join(f->root, "data-too"),
			    *gone = path_join(f->root, "gone");

	write_labelled(too, "u:r:too_t:s0");
	write_labelled(gone, "u:r:gone_t:s0");
	assert_int_equal(label_relabel_tree(&f->web, f->tree, NULL), 0);
	assert_int_equal(label_relabel_tree(&f->web, too, NULL), 0);
	assert_int_equal(label_relabel_tree(&f->web, gone, NULL), 0);
	assert_int_equal(label_relabel_tree(&f->other, f->tree, NULL), 0);
	write_labelled(f->fresh, f->web.file);
	assert_int_equal(unlink(gone), 0);

	f->web.relabel = false;
	assert_int_equal(label_restore_all(&f->web, NULL), 0);
	expect(f->page, f->web.file); /* counted once: the other still uses it */
	expect(f->fresh, f->web.file); /* and what was made there */
	expect(too, "u:r:too_t:s0");
	assert_int_equal(label_release("web", NULL), 0);
	assert_int_equal(label_restore_all(&f->other, NULL), 0);
	expect(f->tree, "u:r:srv_t:s0");
	expect(f->page, "u:r:page_t:s0");
	expect(f->plain, "none");
	expect(f->fresh, "u:r:html_t:s0");
	assert_int_equal(label_release("other", NULL), 0);
}

TEST(system_directories)
{
	_cleanup_error_ Error *error = NULL;
	Fixture *f = *state;
	_cleanup_free_ char *link = path_join(f->root, "link"), *usr = path_join(f->root, "usr"),
			    *below = path_join(f->root, "usr/site");

	assert_int_equal(mkdir(usr, 0755), 0);
	assert_int_equal(symlink("usr", link), 0);
	assert_int_equal(label_relabel_tree(&f->web, usr, &error), -EPERM);
	assert_non_null(strstr(error_message(error), "relabel=no"));
	assert_int_equal(label_relabel_tree(&f->web, link, NULL), -EPERM);
	expect(usr, "none");
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(label_relabel_tree(&f->web, below, NULL), 0);
	f->web.relabel = false; /* nothing is changed, so nothing is in danger */
	assert_int_equal(label_relabel_tree(&f->web, usr, NULL), 0);
}

TEST(check)
{
	Fixture *f = *state;
	_cleanup_free_ char *line = NULL, *fine = path_join(f->tree, "fine");
	_cleanup_strv_ char **lines = NULL;

	write_labelled(fine, "another_u:r:t:s0:c1,c2");
	assert_int_equal(label_check_tree(&f->web, f->tree, &lines, NULL), 0);
	assert_int_equal(strv_length(lines), 4);
	assert_true(asprintf(&line, "%s: no label", f->plain) > 0);
	assert_true(strv_contains(lines, line));
}

TEST(set_fd)
{
	Fixture *f = *state;
	_cleanup_fd_ int path_fd = open(f->page, O_PATH | O_CLOEXEC),
			 fd = open(f->plain, O_RDONLY | O_CLOEXEC);

	assert_int_equal(label_set_fd(&f->web, path_fd, NULL), 0);
	expect(f->page, f->web.file);
	assert_int_equal(label_set_fd(&f->web, fd, NULL), 0);
	expect(f->plain, f->web.file);
}

TEST(malformed_journal)
{
	static const char *const wrong[] = { "x", "label\n", "label relative\n", "label /a\\9\n",
		"label /a\\000\n", " /a\n", "label /a" };
	_cleanup_relabel_journal_ RelabelJournal journal = {};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(relabel_journal_parse(wrong[i], "f", &journal, NULL), -EINVAL);
	assert_int_equal(relabel_journal_parse("l /a\\040b\n- /\n", "f", &journal, NULL), 0);
	assert_string_equal(journal.entries[1].path, "/a b");
}

TEST_FIXTURE(setup, teardown)
