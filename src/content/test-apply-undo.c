/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The writer is ended at any moment, by a kill, a full disk or a damaged journal, and what it did is undone.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "content/apply.h"
#include "content/journal.h"
#include "plan/secret.h"
#include "content/test-apply-fixture.h"

typedef struct Killer {
	size_t at;
} Killer;

static void kill_myself(size_t done, size_t all, void *data)
{
	const Killer *killer = data;

	(void)all;
	if (done >= killer->at)
		(void)raise(SIGKILL);
}

/* kill -9 before each entry: undo leaves nothing. */
TEST_WITH(killed, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/etc"), text("/etc/hostname", "x\n"), dir("/srv"),
		tree("/srv/data", place->source), text("/srv/last", "x") };
	Plan plan;

	plan_init(&plan, e, ARRAY_SIZE(e));
	for (size_t i = 0; i <= ARRAY_SIZE(e); i++) {
		Killer killer = { i };
		int wait_status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(plan_apply(&plan, place->tree, place->journal, NULL,
				      &(PlanWatch){ .progress = kill_myself, .data = &killer },
				      NULL) < 0);
		assert_int_equal(waitpid(pid, &wait_status, 0), pid);
		assert_true(WIFSIGNALED(wait_status));
		assert_int_equal(plan_undo(place->journal, NULL), 0);
		assert_clean(place);
	}
}

/* Every prefix of a journal is what some crash left: undo removes what it names and nothing else. */
TEST_WITH(torn_journal, set_up, tear_down)
{
	const Place *place = *state;
	_cleanup_free_ char *temporary = NULL;
	bool torn = true;

	assert_true(asprintf(&temporary, "%s.7.new", place->tree) > 0);
	for (size_t n = 0; torn; n++) {
		_cleanup_free_ char *whole = NULL;
		size_t complete;
		struct stat st;

		folder(place->tree, "");
		folder(temporary, "");
		assert_int_equal(stat(place->tree, &st), 0);
		assert_true(asprintf(&whole,
				    "virt-sandbox-journal 1\ntemporary %s\ntree %llu 0 %s\ndone\n",
				    temporary, (unsigned long long)st.st_ino, place->tree) > 0);
		complete = strlen(whole) - strlen("done\n");
		torn = n < strlen(whole);
		assert_int_equal(file_write_atomic(place->journal, whole, torn ? n : strlen(whole),
					 0600, NULL),
			0);
		assert_int_equal(plan_undo(place->journal, NULL), 0);
		assert_false(file_exists(place->journal));
		assert_int_equal(file_exists(place->tree), n < complete);
		/* Once the tree's number is known, a directory with another one is not what became the tree. */
		assert_int_equal(file_exists(temporary),
			n < strlen("virt-sandbox-journal 1\ntemporary \n") + strlen(temporary) ||
				n >= complete);
	}
}

TEST(bad_journal)
{
	static const char *const texts[] = {
		"something else\n",
		"virt-sandbox-journal 1\ntree 1 /etc\n",
		"virt-sandbox-journal 1\ntemporary /etc\n",
		"virt-sandbox-journal 1\ntemporary /a/../etc/x\n",
		"virt-sandbox-journal 1\ntemporary /a/b\ntree 1 /c/b\n",
		"virt-sandbox-journal 1\ntemporary /a/b\ntree -1 /a/c\n",
		"virt-sandbox-journal 1\ntemporary /a/b\ntree 99999999999999999999999 /a/c\n",
		"virt-sandbox-journal 1\ntemporary /a/b\ntemporary /a/c\n",
		"virt-sandbox-journal 1\ndone\n",
		"virt-sandbox-journal 1\nremove /a/b\n",
		"virt-sandbox-journal 1\nkept-back x\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(journal_text_done) JournalText parsed = { 0 };
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(journal_parse(texts[i], &parsed, &error), -EBADMSG);
		assert_non_null(strstr(error_message(error), "line"));
	}
}

/* Another directory under the same name is not ours, nor one with the same number that was made at another time, nor what has no number in the journal. */
TEST_WITH(other_inode, set_up, tear_down)
{
	const Place *place = *state;
	struct stat st;

	folder(place->tree, "precious");
	st = status(place, "/");
	for (unsigned int i = 0; i < 4; i++) {
		const unsigned long long inode = st.st_ino,
					 numbers[][2] = { { 1, 0 }, { inode, 1 }, { 0, 0 } };
		_cleanup_free_ char *journal = NULL, *line = strdup("");

		if (i < 3) {
			free(line);
			assert_true(asprintf(&line, "tree %llu %llu %s\n", numbers[i][0],
					    numbers[i][1], place->tree) > 0);
		}
		assert_true(asprintf(&journal, "virt-sandbox-journal 1\ntemporary %s\n%s",
				    place->tree, line) > 0);
		assert_int_equal(
			file_write_atomic(place->journal, journal, strlen(journal), 0600, NULL), 0);
		assert_int_equal(plan_undo(place->journal, NULL), 0);
		assert_int_equal(status(place, "/precious").st_mode & S_IFMT, S_IFDIR);
	}
}

/* No container can be called as a tree is before it has its name. */
TEST_WITH(temporary_name, set_up, tear_down)
{
	const Place *place = *state;
	_cleanup_(journal_text_done) JournalText parsed = { 0 };
	_cleanup_free_ char *text = NULL;
	PlanEntry e[] = { dir("/etc") };
	Plan plan;

	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	assert_int_equal(file_read(place->journal, &text, NULL, NULL), 0);
	assert_int_equal(journal_parse(text, &parsed, NULL), 0);
	assert_int_equal(path_base(parsed.temporary)[0], '.');
	assert_int_equal(parsed.inode, status(place, "/").st_ino);
	assert_int_equal(plan_undo(place->journal, NULL), 0);
	assert_clean(place);
}

static int fill_small_disk(const Place *place)
{
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_free_ char *disk = path_join(place->base, "disk"),
			    *small = path_join(disk, "tree"),
			    *journal = path_join(place->base, "journal");
	_cleanup_error_ Error *error = NULL;
	Plan plan = { .entries = e, .n_entries = ARRAY_SIZE(e), .secrets = secrets };

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mkdir(disk, 0755) < 0 || mount("small", disk, "tmpfs", 0, "size=64k") < 0)
		return 1;
	if (plan_apply(&plan, small, journal, NULL, NULL, &error) != -ENOSPC)
		return 2;
	if (file_exists(small) || file_exists(journal))
		return 3;
	return strstr(error_message(error), "/srv/data/big") ? 0 : 4;
}

TEST_WITH(no_space, set_up, tear_down)
{
	const Place *place = *state;
	_cleanup_free_ char *big = calloc(1, 256 * 1024 + 1);
	int wait_status;
	pid_t pid;

	if (geteuid() != 0)
		unit_test_skip("only root may mount");
	memset(big, 'x', 256 * 1024);
	put(place->source, "big", big);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fill_small_disk(place));
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	assert_true(WIFEXITED(wait_status));
	assert_int_equal(WEXITSTATUS(wait_status), 0);
}

TEST_GROUP(load_secrets, free_secrets)
