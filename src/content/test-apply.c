/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The writer, on trees in a temporary directory: every kind of entry, and what must not be copied.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "content/apply.h"
#include "plan/secret.h"
#include "content/test-apply-fixture.h"

#define KEY "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----\n"

TEST_WITH(kinds, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/etc"), text("/etc/group", "root:x:0:\nwww:x:33:\n"),
		{ .kind = PLAN_FILE,
			.path = (char *)"/etc/owned",
			.content = (char *)"x",
			.mode = 0600,
			.user = (char *)"www",
			.group = (char *)"www" },
		text("/etc/passwd", "root:x:0:0::/:/bin/sh\nwww:x:33:33::/:/bin/sh\n"),
		{ .kind = PLAN_LINK, .path = (char *)"/etc/where", .content = (char *)"../srv" },
		dir("/srv"), tree("/srv/data", place->source) };
	struct stat st;
	Plan plan;

	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	st = status(place, "/etc/owned");
	assert_int_equal(st.st_uid, 33);
	assert_int_equal(st.st_gid, 33);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(S_ISLNK(status(place, "/etc/where").st_mode));
	assert_content(place, "/srv/data/a", "hello\n");
	assert_content(place, "/srv/data/sub/b", "deep\n");
	assert_int_equal(status(place, "/srv/data/a").st_mode & 07777, 0640);
	assert_int_equal(plan_undo(place->journal, NULL), 0);
	assert_clean(place);
	assert_int_equal(plan_undo(place->journal, NULL), 0); /* a second time is success */
}

TEST_WITH(metadata, set_up, tear_down)
{
	const Place *place = *state;
	const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_free_ char *a = path_join(place->source, "a"),
			    *hard = path_join(place->source, "hard"),
			    *fifo = path_join(place->source, "fifo"),
			    *copied = path_join(place->tree, "srv/data/a");
	char value[8];
	Plan plan;

	assert_int_equal(utimensat(AT_FDCWD, a, old, 0), 0);
	assert_int_equal(link(a, hard), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(chown(a, 70000, 12), 0);
	assert_int_equal(setxattr(a, "user.kept", "yes", 3, 0), 0);
	assert_int_equal(setxattr(a, "trusted.not", "yes", 3, 0), 0);
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	assert_int_equal(status(place, "/srv/data/a").st_mtim.tv_sec, 1000);
	assert_int_equal(status(place, "/srv/data/a").st_uid,
		0); /* 70000 is outside of a container's range */
	assert_int_equal(status(place, "/srv/data/a").st_gid, 12);
	assert_int_equal(
		status(place, "/srv/data/a").st_ino, status(place, "/srv/data/hard").st_ino);
	assert_fifo(place, "/srv/data/fifo");
	assert_int_equal(getxattr(copied, "user.kept", value, sizeof(value)), 3);
	assert_int_equal(getxattr(copied, "trusted.not", value, sizeof(value)), -1);
}

TEST_WITH(sparse, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_free_ char *big = path_join(place->source, "big"), *data = NULL;
	char read_back[4] = "";
	struct stat st;
	Plan plan;
	int fd;

	fd = open(big, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, 64 << 20), 0);
	assert_int_equal(pwrite(fd, "end", 3, 32 << 20), 3);
	close(fd);
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	st = status(place, "/srv/data/big");
	assert_int_equal(st.st_size, 64 << 20);
	assert_true(st.st_blocks * 512 < 1 << 20);
	data = path_join(place->tree, "srv/data/big");
	fd = open(data, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, read_back, 3, 32 << 20), 3);
	assert_string_equal(read_back, "end");
	close(fd);
}

TEST_WITH(left_out, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source),
		text("/srv/data/a", "own\n") };
	_cleanup_free_ char *excluded = strdup("/srv/data/sub/b"),
			    *pattern = strdup("/srv/data/*.gz");
	char *list[] = { excluded, pattern, NULL };
	Plan plan;

	put(place->source, "c.gz", "x");
	put(place->source, "sub/d.gz", "x");
	plan_init(&plan, e, ARRAY_SIZE(e));
	plan.excluded = list;
	apply(&plan, place);
	assert_content(place, "/srv/data/a", "own\n");
	assert_missing(place, "/srv/data/sub/b");
	assert_missing(place, "/srv/data/c.gz");
	assert_content(place, "/srv/data/sub/d.gz", "x");
}

TEST_WITH(private_key, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_plan_remarks_ PlanRemarks remarks = { 0 };
	Plan plan;

	put(place->source, "k.pem", "some words\n" KEY);
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	assert_missing(place, "/srv/data/k.pem");
	assert_int_equal(plan_remarks(place->journal, &remarks, NULL), 0);
	assert_int_equal(strv_length(remarks.withheld_keys), 1);
	assert_string_equal(remarks.withheld_keys[0], "/srv/data/k.pem");
	assert_null(remarks.modified_during_copy);
	assert_int_equal(plan_undo(place->journal, NULL), 0);

	e[1].trusted = true;
	apply(&plan, place);
	assert_content(place, "/srv/data/k.pem", "some words\n" KEY);
}

/* What the administrator moved away and linked to is not inside, and nobody would see it before somebody asks for the file. */
TEST_WITH(dangling_links, set_up, tear_down)
{
	static const char *const targets[][2] = { { "away", "/root" }, { "shared", "/usr" },
		{ "nowhere", "/no-such-place" }, { "near", "a" }, { "odd", "/home/../etc" } };
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_plan_remarks_ PlanRemarks remarks = { 0 };
	Plan plan;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		_cleanup_free_ char *path = path_join(place->source, targets[i][0]);

		assert_int_equal(symlink(targets[i][1], path), 0);
	}
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	assert_int_equal(plan_remarks(place->journal, &remarks, NULL), 0);
	assert_int_equal(strv_length(remarks.dangling_links), 1);
	assert_string_equal(remarks.dangling_links[0], "/srv/data/away");
}

/* Who may write to a directory that is copied can neither write to the journal nor make it unreadable: both would hinder the undoing. */
TEST_WITH(names_of_private_keys, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_plan_remarks_ PlanRemarks remarks = { 0 };
	char name[32];
	Plan plan;

	put(place->source, "a\ntree 1 b.pem", KEY);
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	assert_int_equal(plan_remarks(place->journal, &remarks, NULL), 0);
	assert_int_equal(strv_length(remarks.withheld_keys), 1);
	assert_string_equal(remarks.withheld_keys[0], "/srv/data/a?tree 1 b.pem");
	assert_int_equal(plan_undo(place->journal, NULL), 0);

	for (unsigned int i = 0; i < JOURNAL_REMARKS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%u.pem", i);
		put(place->source, name, KEY);
	}
	apply(&plan, place);
	assert_missing(place, "/srv/data/0.pem");
	assert_int_equal(plan_undo(place->journal, NULL), 0);
	assert_false(file_exists(place->journal));
}

static bool installed(const char *program)
{
	_cleanup_free_ char *path = path_join("/usr/bin", program);

	return file_exists(path);
}

TEST_WITH(secrets, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/etc"), text("/etc/hostname", "web1\n"),
		{ .kind = PLAN_SECRET,
			.path = (char *)"/etc/rndc.key",
			.content = (char *)"shared-key algorithm hmac-sha256; \"%1\"\n",
			.mode = 0640 },
		{ .kind = PLAN_SECRET,
			.path = (char *)"/etc/site.key",
			.content = (char *)"tls-certificate /etc/certs/site.crt",
			.mode = 0600 },
		{ .kind = PLAN_SECRET,
			.path = (char *)"/etc/ssh_key",
			.content = (char *)"ssh-host-key ed25519",
			.mode = 0600 } };
	_cleanup_free_ char *key = NULL, *certificate = NULL, *rndc = NULL, *public = NULL;
	Plan plan;

	if (!installed("openssl") || !installed("ssh-keygen"))
		unit_test_skip("needs openssl and ssh-keygen");
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	key = content(place, "/etc/site.key");
	certificate = content(place, "/etc/certs/site.crt");
	rndc = content(place, "/etc/rndc.key");
	public = content(place, "/etc/ssh_key.pub");
	assert_true(key && secret_content(secrets, key, strlen(key), true));
	assert_non_null(strstr(certificate, "BEGIN CERTIFICATE"));
	/* 32 bytes in base64, in the place of %1 */
	assert_int_equal(strncmp(rndc, "algorithm hmac-sha256; \"", 24), 0);
	assert_string_equal(rndc + 24 + 43, "=\"\n");
	assert_non_null(strstr(public, "root@web1"));
	assert_int_equal(status(place, "/etc/site.key").st_mode & 07777, 0600);
	assert_int_equal(status(place, "/etc/ssh_key").st_mode & 07777, 0600);
}

/* A link that a service of the host left in the way of a source leads nowhere. */
TEST_WITH(links_above_source, set_up, tear_down)
{
	const Place *place = *state;
	_cleanup_free_ char *trap = path_join(place->source, "trap"),
			    *through = path_join(trap, "a");
	PlanEntry e[] = { dir("/srv"),
		{ .kind = PLAN_COPY, .path = (char *)"/srv/x", .source = through } };
	_cleanup_error_ Error *error = NULL;
	Plan plan;

	assert_int_equal(symlink(place->source, trap), 0);
	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place); /* root made it: followed */
	assert_content(place, "/srv/x", "hello\n");
	assert_int_equal(plan_undo(place->journal, NULL), 0);
	assert_int_equal(lchown(trap, 33, 33), 0);
	assert_int_equal(
		plan_apply(&plan, place->tree, place->journal, NULL, NULL, &error), -ELOOP);
	assert_clean(place);
}

/* Nobody has said what is a secret: nothing is copied rather than everything. */
TEST_WITH(without_words, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", place->source) };
	_cleanup_error_ Error *error = NULL;
	Plan plan;

	plan_init(&plan, e, ARRAY_SIZE(e));
	plan.secrets = NULL;
	assert_int_equal(
		plan_apply(&plan, place->tree, place->journal, NULL, NULL, &error), -EINVAL);
	assert_clean(place);
}

TEST_WITH(missing_source, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/srv"), tree("/srv/data", "/var/tmp/no/such/source") };
	Plan plan;

	plan_init(&plan, e, ARRAY_SIZE(e));
	apply(&plan, place);
	assert_missing(place, "/srv/data");
}

TEST_WITH(existing_tree, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/etc") };
	_cleanup_error_ Error *error = NULL;
	Plan plan;

	folder(place->tree, "precious");
	plan_init(&plan, e, ARRAY_SIZE(e));
	assert_int_equal(
		plan_apply(&plan, place->tree, place->journal, NULL, NULL, &error), -EEXIST);
	assert_int_equal(status(place, "/precious").st_mode & S_IFMT, S_IFDIR);
	assert_false(file_exists(place->journal));
}

/* A clone has its accounts from the container that it is made of, where they may have other numbers than on the host. */
TEST_WITH(owner_of_clone, set_up, tear_down)
{
	const Place *place = *state;
	_cleanup_free_ char *etc = path_join(place->source, "etc");
	PlanEntry key = { .kind = PLAN_SECRET,
		.path = (char *)"/etc/key",
		.content = (char *)"shared-key algorithm hmac-sha256; \"%1\"\n",
		.rule = (char *)"secret",
		.user = (char *)"named",
		.group = (char *)"keys",
		.mode = 0640 };
	Plan fresh = { .entries = &key, .n_entries = 1 };
	_cleanup_plan_ Plan *plan = NULL;
	char *directories[] = { (char *)"etc", NULL };

	folder(place->source, "etc");
	put(etc, "passwd", "root:x:0:0::/:/bin/sh\nnamed:x:4242:1::/:/bin/sh\n");
	put(etc, "group", "keys:x:99999:\n");
	assert_int_equal(plan_clone(&fresh, place->source, directories, &plan, NULL), 0);
	apply(plan, place);
	assert_int_equal(status(place, "/etc/key").st_uid, 4242);
	assert_int_equal(status(place, "/etc/key").st_gid, 0); /* beyond what a container has */
}

TEST_WITH(unknown_owner, set_up, tear_down)
{
	const Place *place = *state;
	PlanEntry e[] = { dir("/etc"), { .kind = PLAN_DIRECTORY,
					       .path = (char *)"/etc/x",
					       .user = (char *)"nobody-knows" } };
	_cleanup_error_ Error *error = NULL;
	Plan plan;

	plan_init(&plan, e, ARRAY_SIZE(e));
	assert_int_equal(
		plan_apply(&plan, place->tree, place->journal, NULL, NULL, &error), -ENOENT);
	assert_non_null(strstr(error_message(error), "/etc/x"));
	assert_clean(place);
}

TEST_GROUP(load_secrets, free_secrets)
