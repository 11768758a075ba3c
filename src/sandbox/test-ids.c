/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of user ids: never shared, given back, taken over from processes that are gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "sandbox/ids.h"

static char root[] = "/tmp/test-ids.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(root) && setenv("VIRT_SANDBOX_ROOT", root, 1) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(AT_FDCWD, root, NULL);
}

static uint32_t reserve(const char *owner)
{
	_cleanup_desc_ Desc *desc = desc_new();

	assert_non_null(desc);
	assert_int_equal(ids_reserve(desc, owner, NULL), 0);
	assert_true(desc->id_base >= IDS_FIRST && desc->id_base <= IDS_LAST - (DESC_ID_COUNT - 1));
	assert_int_equal((desc->id_base - IDS_FIRST) % DESC_ID_COUNT, 0);
	return desc->id_base;
}

static void test_distinct(void **state)
{
	uint32_t bases[300];

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		char owner[32];

		(void)snprintf(owner, sizeof(owner), "many%zu", i);
		bases[i] = reserve(owner);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(bases[i], bases[j]);
	}
}

static void test_same_owner_same_range(void **state)
{
	(void)state;
	assert_int_equal(reserve("same"), reserve("same"));
}

static void test_release(void **state)
{
	_cleanup_error_ Error *error = NULL;
	Desc mine = { .id_base = reserve("mine") };
	Desc theirs = { .id_base = mine.id_base };

	(void)state;
	assert_int_equal(ids_reserve(&theirs, "theirs", &error), -EADDRINUSE);
	assert_non_null(strstr(error_message(error), "reserved for another container"));
	assert_int_equal(ids_release(&theirs, "theirs", NULL), 0); /* not theirs: stays */
	assert_int_equal(ids_reserve(&theirs, "theirs", NULL), -EADDRINUSE);
	assert_int_equal(ids_release(&mine, "mine", NULL), 0);
	assert_int_equal(ids_release(&mine, "mine", NULL), 0);
	assert_int_equal(ids_reserve(&theirs, "theirs", NULL), 0);
}

static void test_outside_range(void **state)
{
	const uint32_t bad[] = { 1, 100000, IDS_FIRST + 1, IDS_LAST + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		Desc desc = { .id_base = bad[i] };

		assert_int_equal(ids_reserve(&desc, "outside", NULL), -EINVAL);
	}
}

/* A process that ended without giving its range back. */
static void test_dead_process(void **state)
{
	char owner[IDS_OWNER_MAX];
	Desc desc = { 0 }, again = { 0 };
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(owner, sizeof(owner), "run/%d", pid);
	assert_int_equal(ids_reserve(&desc, owner, NULL), 0);
	again.id_base = desc.id_base;
	ids_owner_process(owner);
	assert_int_equal(ids_reserve(&again, owner, NULL), 0);

	(void)snprintf(owner, sizeof(owner), "run/%d", getppid());
	assert_int_equal(ids_reserve(&again, owner, NULL), -EADDRINUSE); /* we live */
}

/* A named range of the disk, left by a sandbox that is gone. */
static void test_dead_process_on_disk(void **state)
{
	Desc desc = { .id_base = IDS_FIRST + 42 * DESC_ID_COUNT };
	char owner[IDS_OWNER_MAX];
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(owner, sizeof(owner), "run/%d", pid);
	assert_int_equal(ids_reserve(&desc, owner, NULL), 0);
	assert_int_equal(ids_reserve(&desc, "heir", NULL), 0);
	ids_owner_process(owner);
	assert_int_equal(ids_reserve(&desc, owner, NULL), -EADDRINUSE);
}

/* What lasts and what does not never meet: their reservations lie in different places. */
static void test_sandboxes_apart(void **state)
{
	const uint32_t border = IDS_LAST + 1 - IDS_SANDBOXES * DESC_ID_COUNT;
	_cleanup_error_ Error *error = NULL;
	char owner[IDS_OWNER_MAX];
	Desc sandbox = { 0 }, lasting = { 0 };

	(void)state;
	ids_owner_process(owner);
	assert_int_equal(ids_reserve(&sandbox, owner, NULL), 0);
	assert_true(sandbox.id_base >= border);
	assert_int_equal(ids_reserve(&lasting, "lasting", NULL), 0);
	assert_true(lasting.id_base < border);
	lasting.id_base = border;
	assert_int_equal(ids_reserve(&lasting, "lasting", &error), -EINVAL);
	assert_non_null(strstr(error_message(error), "sandboxes of one command"));
}

/* Eight processes want the same range at once: one gets it. */
static void test_race(void **state)
{
	uint32_t base = IDS_FIRST + 4711 * DESC_ID_COUNT;
	int winners = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			Desc desc = { .id_base = base };
			char owner[32];

			(void)snprintf(owner, sizeof(owner), "racer%d", i);
			_exit(ids_reserve(&desc, owner, NULL) == 0 ? 0 : 1);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		assert_true(wait(&status) > 0);
		winners += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	assert_int_equal(winners, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distinct),
		cmocka_unit_test(test_same_owner_same_range),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_outside_range),
		cmocka_unit_test(test_dead_process),
		cmocka_unit_test(test_dead_process_on_disk),
		cmocka_unit_test(test_sandboxes_apart),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
