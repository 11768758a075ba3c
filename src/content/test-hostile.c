/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clones of a tree in which root inside has put links and fifos in the way of what is made fresh: nothing outside of the clone is touched.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "content/apply.h"

#define CANARY "a file of the host\n"

typedef struct Place {
	char *base, *source, *tree, *journal, *host, *canary;
} Place;

static int set_up(void **state)
{
	Place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	place->base = strdup("/var/tmp/test-hostile.XXXXXX");
	assert_non_null(mkdtemp(place->base));
	place->source = path_join(place->base, "source");
	place->tree = path_join(place->base, "tree");
	place->journal = path_join(place->base, "journal");
	place->host = path_join(place->base, "host");
	place->canary = path_join(place->host, "canary");
	assert_int_equal(file_mkdir_p(place->host, 0755, NULL), 0);
	assert_int_equal(file_write_atomic(place->canary, CANARY, strlen(CANARY), 0640, NULL), 0);
	*state = place;
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
	free(place->host);
	free(place->canary);
	free(place);
	return 0;
}

/* A path of the container that is cloned, with the directories above it. */
static char *inside(const Place *place, const char *path)
{
	_cleanup_free_ char *above = NULL;
	char *full = path_join(place->source, path);

	assert_non_null(full);
	above = strndup(full, (size_t)(path_base(full) - full) - 1);
	assert_int_equal(file_mkdir_p(above, 0755, NULL), 0);
	return full;
}

static void plant_link(const Place *place, const char *path, const char *target)
{
	_cleanup_free_ char *full = inside(place, path);

	assert_int_equal(symlink(target, full), 0);
}

static void plant_fifo(const Place *place, const char *path)
{
	_cleanup_free_ char *full = inside(place, path);

	assert_int_equal(mkfifo(full, 0600), 0);
}

/* Clones with one secret made fresh. */
static int clone(const Place *place, const char *path, const char *secret, mode_t mode)
{
	_cleanup_error_ Error *error = NULL;
	_cleanup_plan_ Plan *plan = NULL;
	char *directories[] = { (char *)"etc", NULL };
	PlanEntry entry = { .kind = PLAN_SECRET,
		.path = (char *)path,
		.content = (char *)secret,
		.rule = (char *)"secret",
		.mode = mode };
	Plan fresh = { .entries = &entry, .n_entries = 1 };

	assert_int_equal(plan_clone(&fresh, place->source, directories, &plan, &error), 0);
	return plan_apply(plan, place->tree, place->journal, NULL, NULL, &error);
}

static void assert_host_untouched(const Place *place)
{
	_cleanup_free_ char *text = NULL, *planted = path_join(place->host, "ssh_host_ed25519_key");
	struct stat st;

	assert_int_equal(file_read(place->canary, &text, NULL, NULL), 0);
	assert_string_equal(text, CANARY);
	assert_int_equal(stat(place->canary, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_false(file_exists(planted));
}

static void assert_made(const Place *place, const char *path, mode_t mode)
{
	_cleanup_free_ char *full = path_join(place->tree, path);
	struct stat st;

	assert_int_equal(lstat(full, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | mode);
	assert_int_equal(st.st_nlink, 1);
	assert_true(st.st_size > 0);
}

static void need(const char *program)
{
	_cleanup_free_ char *path = path_join("/usr/bin", program);

	if (!file_exists(path))
		unit_test_skip(path ? path : program);
}

TEST(link_beside_key)
{
	const Place *place = *state;

	need("ssh-keygen");
	plant_link(place, "/etc/ssh/ssh_host_ed25519_key", place->canary);
	plant_link(place, "/etc/ssh/ssh_host_ed25519_key.pub", place->canary);
	assert_int_equal(
		clone(place, "/etc/ssh/ssh_host_ed25519_key", "ssh-host-key ed25519", 0600), 0);
	assert_host_untouched(place);
	assert_made(place, "/etc/ssh/ssh_host_ed25519_key", 0600);
	assert_made(place, "/etc/ssh/ssh_host_ed25519_key.pub", 0644);
}

/* Inside, that path does not exist: there is no clone, and nothing of it is left. */
TEST(directory_is_link)
{
	const Place *place = *state;

	need("ssh-keygen");
	plant_link(place, "/etc/ssh", place->host);
	assert_int_equal(
		clone(place, "/etc/ssh/ssh_host_ed25519_key", "ssh-host-key ed25519", 0600),
		-ENOENT);
	assert_host_untouched(place);
	assert_false(file_exists(place->tree));
}

/* A link that leads somewhere inside is followed inside. */
TEST(directory_is_link_inside)
{
	const Place *place = *state;
	_cleanup_free_ char *keys = inside(place, "/etc/keys/x"); /* makes the directory */

	assert_non_null(keys);
	need("ssh-keygen");
	plant_link(place, "/etc/ssh", "/../../etc/keys");
	assert_int_equal(
		clone(place, "/etc/ssh/ssh_host_ed25519_key", "ssh-host-key ed25519", 0600), 0);
	assert_made(place, "/etc/keys/ssh_host_ed25519_key", 0600);
}

TEST(certificate)
{
	const Place *place = *state;

	need("openssl");
	plant_link(place, "/etc/site.key", place->canary);
	plant_link(place, "/etc/certs/site.crt", place->canary);
	assert_int_equal(
		clone(place, "/etc/site.key", "tls-certificate /etc/certs/site.crt", 0600), 0);
	assert_host_untouched(place);
	assert_made(place, "/etc/site.key", 0600);
	assert_made(place, "/etc/certs/site.crt", 0644);
}

/* Nobody waits for a reader, and a second name of the certificate's place is not written through. */
TEST(fifo_and_second_name)
{
	const Place *place = *state;
	_cleanup_free_ char *other = inside(place, "/etc/other"),
			    *certificate = inside(place, "/etc/certs/site.crt"),
			    *copied = path_join(place->tree, "/etc/other"), *text = NULL;

	need("openssl");
	plant_fifo(place, "/etc/site.key");
	assert_int_equal(file_write_atomic(other, CANARY, strlen(CANARY), 0644, NULL), 0);
	assert_int_equal(link(other, certificate), 0);
	assert_int_equal(
		clone(place, "/etc/site.key", "tls-certificate /etc/certs/site.crt", 0600), 0);
	assert_made(place, "/etc/site.key", 0600);
	assert_made(place, "/etc/certs/site.crt", 0644);
	assert_int_equal(file_read(copied, &text, NULL, NULL), 0);
	assert_string_equal(text, CANARY);
}

/* So deep that no path leads there, with a file of two names at the end; and deeper than is followed. */
TEST(depth)
{
	const Place *place = *state;
	static const unsigned int levels[] = { 300, 500 };
	char name[21];

	need("openssl");
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		_cleanup_free_ char *first = inside(place, "/etc/first");
		_cleanup_fd_ int fd = -EBADF;
		int r;

		assert_int_equal(file_write_atomic(first, "x", 1, 0644, NULL), 0);
		*strrchr(first, '/') = '\0';
		fd = open(first, O_PATH | O_DIRECTORY | O_CLOEXEC);
		for (unsigned int k = 0; k < levels[i]; k++) {
			int next;

			assert_true(mkdirat(fd, name, 0755) == 0 || errno == EEXIST);
			next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
			assert_true(next >= 0);
			(void)fd_close(fd);
			fd = next;
		}
		first[strlen(first)] = '/';
		assert_int_equal(linkat(AT_FDCWD, first, fd, "second", 0), 0);
		r = clone(place, "/etc/site.key", "private-key", 0600);
		assert_int_equal(r, levels[i] > 400 ? -EOVERFLOW : 0);
		assert_int_equal(plan_undo(place->journal, NULL), 0);
		assert_false(file_exists(place->tree));
	}
}

TEST_FIXTURE(set_up, tear_down)
