/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The writer and its undo, on trees in a temporary directory: every kind of entry, what must not be copied, a kill at any
 * moment, a full disk, a damaged journal.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/unit-test.h"
#include "content/apply.h"
#include "plan/build.h"
#include "content/journal.h"
#include "plan/secret.h"

#define KEY "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----\n"

typedef struct Place {
	char *base, *source, *tree, *journal;
} Place;

static void put(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(folder, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0640, NULL), 0);
}

static void folder(const char *above, const char *name)
{
	_cleanup_free_ char *path = path_join(above, name);

	assert_int_equal(file_mkdir_p(path, 0755, NULL), 0);
}

static int set_up(void **state)
{
	Place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	place->base = strdup("/var/tmp/test-apply.XXXXXX");
	assert_non_null(mkdtemp(place->base));
	place->source = path_join(place->base, "source");
	place->tree = path_join(place->base, "tree");
	place->journal = path_join(place->base, "journal");
	folder(place->source, "sub");
	put(place->source, "a", "hello\n");
	put(place->source, "sub/b", "deep\n");
	*state = place;
	return 0;
}

static SecretWords *secrets; /* of our own rules */

static int load_secrets(_unused_ void **state)
{
	_cleanup_free_ char *directory = path_join(getenv("SOURCE_ROOT"), "rules.d");
	_cleanup_knowledge_ Knowledge *knowledge = NULL;

	return knowledge_load_from(directory, NULL, &knowledge, NULL) < 0 ||
	       secret_words(knowledge, &secrets) < 0;
}

static int free_secrets(_unused_ void **state)
{
	secrets = secret_words_free(secrets);
	return 0;
}

static int tear_down(void **state)
{
	Place *place = *state;

	assert_int_equal(file_remove_tree(AT_FDCWD, place->base, NULL), 0);
	free(place->base);
	free(place->source);
	free(place->tree);
	free(place->journal);
	free(place);
	return 0;
}

/* A plan that copies the source as /srv/data, with passwd and group, and further entries. */
static void plan_init(Plan *plan, PlanEntry *entries, size_t n)
{
	*plan = (Plan){ .entries = entries, .n_entries = n, .secrets = secrets };
	for (size_t i = 1; i < n; i++)
		assert_true(plan_path_compare(entries[i - 1].path, entries[i].path) < 0);
}

static PlanEntry dir(const char *path)
{
	return (PlanEntry){ .kind = PLAN_DIRECTORY, .path = (char *)path };
}

static PlanEntry text(const char *path, const char *content)
{
	return (PlanEntry){ .kind = PLAN_FILE, .path = (char *)path, .content = (char *)content };
}

static PlanEntry tree(const char *path, const char *source)
{
	return (PlanEntry){
		.kind = PLAN_COPY, .path = (char *)path, .source = (char *)source, .recurse = true
	};
}

static void apply(const Plan *plan, const Place *place)
{
	_cleanup_error_ Error *error = NULL;

	if (plan_apply(plan, place->tree, place->journal, NULL, NULL, &error) < 0)
		fail_msg("%s", error_message(error));
}

/* The content of a file of the tree, or NULL if there is none. */
static char *content(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	char *data = NULL;

	return file_read(full, &data, NULL, NULL) < 0 ? NULL : data;
}

static struct stat status(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	struct stat st;

	assert_int_equal(lstat(full, &st), 0);
	return st;
}

static void assert_content(const Place *place, const char *path, const char *expected)
{
	_cleanup_free_ char *data = content(place, path);

	assert_non_null(data);
	assert_string_equal(data, expected);
}

static void assert_fifo(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	struct stat st;

	assert_int_equal(lstat(full, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void assert_missing(const Place *place, const char *path)
{
	_cleanup_free_ char *full = path_join(place->tree, path);

	assert_false(file_exists(full));
}

/* Nothing but the source is left. */
static void assert_clean(const Place *place)
{
	assert_false(file_exists(place->tree));
	assert_false(file_exists(place->journal));
}

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
		skip();
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
		skip();
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
