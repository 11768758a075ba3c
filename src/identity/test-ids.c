/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of user ids: never shared, given back, taken over from processes that are gone.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/layout.h"
#include "base/unit-test.h"
#include "identity/ids.h"

static char root[] = "/tmp/test-ids.XXXXXX";

static int setup(_unused_ void **state)
{
	return mkdtemp(root) && setenv("VIRT_SANDBOX_ROOT", root, 1) == 0 ? 0 : -1;
}

static int teardown(_unused_ void **state)
{
	return file_remove_tree(AT_FDCWD, root, NULL);
}

/* What makes a container one: its description. */
static void define(const char *name)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_SERVICES, "%s.sandbox", name);
	_cleanup_free_ char *directory = layout_path(LAYOUT_SERVICES);

	assert_int_equal(file_mkdir_p(directory, 0700, NULL), 0);
	assert_int_equal(file_write_unsynced(path, "", 0, 0600, NULL), 0);
}

static uint32_t reserve(const char *owner)
{
	define(owner);
	_cleanup_identity_ Identity *identity = identity_new();

	assert_non_null(identity);
	assert_int_equal(ids_reserve(&identity->id_base, owner, NULL, NULL), 0);
	assert_true(identity->id_base >= IDS_FIRST &&
		    identity->id_base <= IDS_LAST - (DESC_ID_COUNT - 1));
	assert_int_equal((identity->id_base - IDS_FIRST) % DESC_ID_COUNT, 0);
	return identity->id_base;
}

TEST(distinct)
{
	uint32_t bases[300];

	for (size_t i = 0; i < 300; i++) {
		char owner[32];

		(void)snprintf(owner, sizeof(owner), "many%zu", i);
		bases[i] = reserve(owner);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(bases[i], bases[j]);
	}
}

TEST(same_owner_same_range)
{
	assert_int_equal(reserve("same"), reserve("same"));
}

TEST(release)
{
	_cleanup_error_ Error *error = NULL;
	Identity mine = { .id_base = reserve("mine") };
	Identity theirs = { .id_base = mine.id_base };

	assert_int_equal(ids_reserve(&theirs.id_base, "theirs", NULL, &error), -EADDRINUSE);
	assert_non_null(
		strstr(error_message(error), "belong to container mine; remove `id-base=`"));
	assert_int_equal(ids_release(theirs.id_base, "theirs", NULL), 0); /* not theirs: stays */
	assert_int_equal(ids_reserve(&theirs.id_base, "theirs", NULL, NULL), -EADDRINUSE);
	assert_int_equal(ids_release(mine.id_base, "mine", NULL), 0);
	assert_int_equal(ids_release(mine.id_base, "mine", NULL), 0);
	assert_int_equal(ids_reserve(&theirs.id_base, "theirs", NULL, NULL), 0);
}

TEST(outside_range)
{
	const uint32_t bad[] = { 1, 100000, IDS_FIRST + 1, IDS_LAST + 1, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		Identity desc = { .id_base = bad[i] };

		assert_int_equal(ids_reserve(&desc.id_base, "outside", NULL, NULL), -EINVAL);
	}
}

/* A process that ended without giving its range back. */
TEST(dead_process)
{
	char owner[IDS_OWNER_MAX];
	Identity desc = { 0 }, again = { 0 };
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(owner, sizeof(owner), "run/%d", pid);
	assert_int_equal(ids_reserve(&desc.id_base, owner, NULL, NULL), 0);
	again.id_base = desc.id_base;
	ids_owner_process(owner);
	assert_int_equal(ids_reserve(&again.id_base, owner, NULL, NULL), 0);

	(void)snprintf(owner, sizeof(owner), "run/%d", getppid());
	assert_int_equal(ids_reserve(&again.id_base, owner, NULL, NULL), -EADDRINUSE); /* we live */
}

/* A named range of the disk, left by a sandbox that is gone. */
TEST(dead_process_on_disk)
{
	Identity desc = { .id_base = IDS_FIRST + 42 * DESC_ID_COUNT };
	char owner[IDS_OWNER_MAX];
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(owner, sizeof(owner), "run/%d", pid);
	assert_int_equal(ids_reserve(&desc.id_base, owner, NULL, NULL), 0);
	define("heir");
	assert_int_equal(ids_reserve(&desc.id_base, "heir", NULL, NULL), 0);
	ids_owner_process(owner);
	assert_int_equal(ids_reserve(&desc.id_base, owner, NULL, NULL), -EADDRINUSE);
}

/* What lasts and what does not never meet: their reservations lie in different places. */
TEST(sandboxes_apart)
{
	const uint32_t border = IDS_LAST + 1 - IDS_SANDBOXES * DESC_ID_COUNT;
	_cleanup_error_ Error *error = NULL;
	char owner[IDS_OWNER_MAX];
	Identity sandbox = { 0 }, lasting = { 0 };

	ids_owner_process(owner);
	assert_int_equal(ids_reserve(&sandbox.id_base, owner, NULL, NULL), 0);
	assert_true(sandbox.id_base >= border);
	assert_int_equal(ids_reserve(&lasting.id_base, "lasting", NULL, NULL), 0);
	assert_true(lasting.id_base < border);
	lasting.id_base = border;
	assert_int_equal(ids_reserve(&lasting.id_base, "lasting", NULL, &error), -EINVAL);
	assert_non_null(strstr(error_message(error), "sandboxes of one command"));
}

/* Eight processes want the same range at once: one gets it. */
TEST(race)
{
	uint32_t base = IDS_FIRST + 4711 * DESC_ID_COUNT;
	int winners = 0;

	for (int i = 0; i < 8; i++) {
		char owner[32];
		pid_t pid;

		(void)snprintf(owner, sizeof(owner), "racer%d", i);
		define(owner);
		pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			Identity desc = { .id_base = base };

			_exit(ids_reserve(&desc.id_base, owner, NULL, NULL) == 0 ? 0 : 1);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		assert_true(wait(&status) > 0);
		winners += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	assert_int_equal(winners, 1);
}

/* A create that was killed: nothing of its container is there, so nobody has the range, and it is found by name. */
TEST(void_owner)
{
	uint32_t base = 0, heir = 0;

	assert_int_equal(ids_reserve(&base, "killed", NULL, NULL), 0);
	heir = base;
	assert_int_equal(ids_reserve(&heir, "survivor", NULL, NULL), 0);
	define("survivor");
	assert_int_equal(ids_reserve(&base, "killed", NULL, NULL), -EADDRINUSE);
}

TEST(release_by_name)
{
	_cleanup_free_ char *path = NULL;
	uint32_t base = 0;

	assert_int_equal(ids_reserve(&base, "nameless", NULL, NULL), 0);
	path = layout_pathf(LAYOUT_RESERVATIONS, "ids/%u", (base - IDS_FIRST) / DESC_ID_COUNT);
	assert_int_equal(ids_release(0, "other", NULL), 0);
	assert_int_equal(readlink(path, (char[1]){ 0 }, 1), 1);
	assert_int_equal(ids_release(0, "nameless", NULL), 0);
	assert_int_equal(readlink(path, (char[1]){ 0 }, 1), -1);
}

static void put(const char *etc, const char *name, const char *text)
{
	_cleanup_free_ char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", etc, name) > 0);
	assert_int_equal(file_write_unsynced(path, text, strlen(text), 0600, NULL), 0);
}

TEST(host_ids)
{
	_cleanup_host_ids_ HostIds host = {};
	_cleanup_error_ Error *error = NULL;
	_cleanup_free_ char *etc = NULL, *text = NULL;
	uint32_t mine = 0, first;

	assert_true(asprintf(&etc, "%s/etc", root) > 0);
	assert_int_equal(file_mkdir_p(etc, 0700, NULL), 0);
	assert_int_equal(host_ids_load(etc, &host, NULL), 0); /* files that are not there */
	assert_int_equal(host.n_ranges, 0);
	assert_int_equal(ids_reserve(&mine, "chooser", &host, NULL), 0);
	assert_int_equal(ids_release(mine, "chooser", NULL), 0);

	/* The range that would be chosen has an account at its end, the next one subordinate ids that reach into it. */
	first = mine;
	assert_true(asprintf(&text,
			    "root:x:0:0::/root:/bin/sh\n# comment\n+nis\nbroken\n"
			    "far::%u:100::/:/bin/sh\n",
			    first + DESC_ID_COUNT - 1) > 0);
	put(etc, "passwd", text);
	free(text);
	assert_true(asprintf(&text, "far:%u:10\n", first + DESC_ID_COUNT - 5 + 10) > 0);
	put(etc, "subuid", text);
	put(etc, "login.defs",
		"#SUB_UID_MIN 1\nSUB_GID_MIN\t\t   524288\nSUB_GID_MAX 800000000 # most\n");
	put(etc, "nsswitch.conf",
		"group: files sss\npasswd:   files systemd [NOTFOUND=continue]\n");
	host_ids_done(&host);
	assert_int_equal(host_ids_load(etc, &host, NULL), 0);
	assert_null(host.directory);
	assert_false(host_ids_find(&host, first, first + DESC_ID_COUNT - 1)->planned);
	assert_string_equal(host_ids_find(&host, first, first + DESC_ID_COUNT - 1)->whose,
		"the account far (/etc/passwd)");
	assert_string_equal(host_ids_find(&host, first + DESC_ID_COUNT, UINT32_MAX)->whose,
		"the subordinate ids of far (/etc/subuid)");
	assert_true(host_ids_find(&host, 600000000, 600000000)->planned);
	assert_int_equal(ids_reserve(&mine, "chooser", &host, &error), -EADDRINUSE);
	assert_non_null(strstr(error_message(error), "the account far (/etc/passwd) has ids"));
	mine = 0;
	assert_int_equal(ids_reserve(&mine, "chooser", &host, NULL), 0);
	assert_true(mine > 800000000);

	put(etc, "nsswitch.conf", "passwd: files sss [!UNAVAIL=return] ldap\n");
	host_ids_done(&host);
	assert_int_equal(host_ids_load(etc, &host, NULL), 0);
	assert_string_equal(host.directory, "sss ldap");
	/* getent asks this host, where no sss knows the range, but somebody has 0. */
	assert_int_equal(host_ids_ask_directory(&host, mine, mine + 1, NULL), 0);
	assert_int_equal(host_ids_ask_directory(&host, mine, 0, NULL), 1);
}

TEST_GROUP(setup, teardown)
