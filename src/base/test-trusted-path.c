/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The walk to a path of the host: who could exchange what is on the way.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "base/trusted-path.h"
#include "base/unit-test.h"

#define ALICE 12345

typedef struct Fixture {
	char directory[64];
} Fixture;

static const char *at(const Fixture *f, const char *name)
{
	static char paths[4][128]; /* two of them are used at once */
	static size_t next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", f->directory, name);
	return path;
}

static void make_directory(const Fixture *f, const char *name, mode_t mode, uid_t owner)
{
	assert_int_equal(mkdir(at(f, name), 0700), 0);
	assert_int_equal(chown(at(f, name), owner, 0), 0);
	assert_int_equal(chmod(at(f, name), mode), 0);
}

static void make_file(const Fixture *f, const char *name, uid_t owner)
{
	_cleanup_fd_ int fd = open(at(f, name), O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, owner, 0), 0);
}

static void make_link(const Fixture *f, const char *name, const char *target)
{
	assert_int_equal(symlink(target, at(f, name)), 0);
}

static int set_up(void **state)
{
	Fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->directory, "/tmp/trusted-path-XXXXXX");
	*state = f;
	return mkdtemp(f->directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	Fixture *f = *state;
	int r = file_remove_tree(AT_FDCWD, f->directory, NULL);

	free(f);
	return r;
}

/* 0 or a negative errno; the object must be that of expected, unless NULL. */
static int walk(const Fixture *f, const char *name, TrustedFlags flags, const char *expected)
{
	_cleanup_free_ char *real = NULL, *path = path_join(f->directory, name);
	_cleanup_error_ Error *error = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct stat opened, wanted;
	int r = trusted_path_open(path, flags, &fd, &real, &error);

	if (r < 0) {
		assert_non_null(strstr(error_message(error), "cannot use /"));
		assert_int_equal(fd, -EBADF);
		return r;
	}
	assert_int_equal(fstat(fd, &opened), 0);
	if (expected) {
		assert_int_equal(lstat(at(f, expected), &wanted), 0);
		assert_int_equal(opened.st_ino, wanted.st_ino);
		assert_string_equal(real, at(f, expected));
	}
	return 0;
}

static void mark(const Fixture *f, const char *name)
{
	_cleanup_fd_ int fd = open(at(f, name), O_PATH | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(trusted_path_mark(fd, name, NULL), 0);
	assert_int_equal(trusted_path_mark(fd, name, NULL), 0);
}

TEST(links_of_root)
{
	const Fixture *f = *state;

	make_directory(f, "data", 0755, 0);
	make_directory(f, "data/sub", 0755, 0);
	make_directory(f, "data/sub/alices", 0755, ALICE);
	make_link(f, "relative", "data/./sub");
	make_link(f, "absolute", at(f, "relative"));
	make_link(f, "data/up", "../data/sub/../sub");
	make_link(f, "loop", "loop");
	make_link(f, "dangling", "nothing");
	assert_int_equal(walk(f, "data/sub", TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, "data/sub"), 0);
	assert_int_equal(walk(f, "relative", 0, "data/sub"), 0);
	assert_int_equal(walk(f, "absolute/alices", 0, "data/sub/alices"), 0);
	assert_int_equal(walk(f, "data/up", 0, "data/sub"), 0);
	assert_int_equal(walk(f, "loop", 0, NULL), -ELOOP);
	assert_int_equal(walk(f, "dangling", 0, NULL), -ENOENT);
	assert_int_equal(walk(f, "dangling", TRUSTED_LINK, "dangling"), 0);
	assert_int_equal(walk(f, "typo/dir", 0, NULL), -ENOENT);
	assert_int_equal(walk(f, "data/../data", 0, NULL), -EINVAL);
	make_file(f, "file", 0);
	assert_int_equal(walk(f, "file/below", 0, NULL), -ENOTDIR);
	assert_int_equal(lchown(at(f, "relative"), ALICE, 0), 0);
	assert_int_equal(walk(f, "relative", 0, NULL), -ELOOP);
}

TEST(places_of_users)
{
	const Fixture *f = *state;

	make_directory(f, "alice", 0755, ALICE);
	make_directory(f, "alice/www", 0755, ALICE);
	make_directory(f, "etc", 0755, 0);
	make_link(f, "alice/etc", at(f, "etc"));
	make_file(f, "alice/image", ALICE);
	assert_int_equal(walk(f, "alice", 0, "alice"), 0);
	assert_int_equal(walk(f, "alice/www", TRUSTED_NO_CONTAINER, "alice/www"), 0);
	assert_int_equal(walk(f, "alice/etc", 0, NULL), -ELOOP);
	assert_int_equal(walk(f, "alice/etc", TRUSTED_ROOTS_LINKS, "etc"), 0);
	assert_int_equal(lchown(at(f, "alice/etc"), ALICE, 0), 0);
	assert_int_equal(walk(f, "alice/etc", TRUSTED_ROOTS_LINKS, NULL), -ELOOP);
	assert_int_equal(walk(f, "alice", TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, NULL), -EPERM);
	assert_int_equal(walk(f, "alice", TRUSTED_ROOT_ONLY, "alice"), 0);
	assert_int_equal(walk(f, "alice/www", TRUSTED_ROOT_ONLY, NULL), -EPERM);
	assert_int_equal(walk(f, "alice/image", 0, "alice/image"), 0);
	assert_int_equal(link(at(f, "alice/image"), "/tmp/trusted-path-other"), 0);
	assert_int_equal(walk(f, "alice/image", 0, NULL), -EMLINK);
	assert_int_equal(unlink("/tmp/trusted-path-other"), 0);
	/* Writable by a group, or by all: as good as theirs. Sticky: what is root's stays. */
	make_directory(f, "staff", 0775, 0);
	make_link(f, "staff/link", at(f, "etc"));
	assert_int_equal(walk(f, "staff/link", 0, NULL), -ELOOP);
	assert_int_equal(walk(f, "staff", TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, NULL), -EPERM);
	make_directory(f, "tmp", 01777, 0);
	make_directory(f, "tmp/roots", 0755, 0);
	make_directory(f, "tmp/alices", 0755, ALICE);
	make_link(f, "tmp/roots/link", at(f, "etc"));
	make_link(f, "tmp/alices/link", at(f, "etc"));
	assert_int_equal(walk(f, "tmp/roots/link", 0, "etc"), 0);
	assert_int_equal(walk(f, "tmp/alices/link", 0, NULL), -ELOOP);
	assert_int_equal(walk(f, "tmp", TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, "tmp"), 0);
}

/* Root inside is root on the disk: only the mark tells. */
TEST(places_of_containers)
{
	const Fixture *f = *state;

	make_directory(f, "share", 0755, 0);
	make_directory(f, "share/sub", 0755, 0);
	make_directory(f, "secret", 0700, 0);
	make_link(f, "share/link", at(f, "secret"));
	make_file(f, "share/image", 0);
	make_link(f, "to-share", "share");
	assert_int_equal(walk(f, "share/link", 0, "secret"), 0);
	mark(f, "share");
	mark(f, "share/image"); /* does nothing: a file is replaced, not written below */
	assert_int_equal(walk(f, "share", 0, "share"), 0);
	assert_int_equal(walk(f, "to-share/sub", 0, "share/sub"), 0);
	assert_int_equal(walk(f, "share/link", 0, NULL), -ELOOP);
	assert_int_equal(walk(f, "to-share/link", TRUSTED_ROOTS_LINKS, NULL), -ELOOP);
	assert_int_equal(walk(f, "share/sub", TRUSTED_NO_CONTAINER, NULL), -EPERM);
	assert_int_equal(walk(f, "to-share/image", TRUSTED_NO_CONTAINER, NULL), -EPERM);
	assert_int_equal(walk(f, "share/image", 0, "share/image"), 0);
	assert_int_equal(walk(f, "share", TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, NULL), -EPERM);
	assert_int_equal(walk(f, "share/sub", TRUSTED_ROOT_ONLY | TRUSTED_WITHIN, NULL), -EPERM);
	/* A mark moves with its directory. */
	assert_int_equal(rename(at(f, "share/sub"), at(f, "sub")), 0);
	mark(f, "sub");
	make_link(f, "sub/link", at(f, "secret"));
	assert_int_equal(rename(at(f, "sub"), at(f, "secret/sub")), 0);
	assert_int_equal(walk(f, "secret/sub/link", 0, NULL), -ELOOP);
}

/* The object that was looked at is used, whatever has its name now; a pipe makes nobody wait. */
TEST(reopen)
{
	const Fixture *f = *state;
	_cleanup_fd_ int fd = -EBADF, file = -EBADF, pipe = -EBADF, end = -EBADF;
	struct stat before, after;

	make_file(f, "file", 0);
	assert_int_equal(trusted_path_open(at(f, "file"), 0, &fd, NULL, NULL), 0);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(unlink(at(f, "file")), 0);
	make_link(f, "file", "/etc/passwd");
	file = trusted_path_reopen(fd, O_RDWR);
	assert_true(file >= 0);
	assert_int_equal(fstat(file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(mkfifo(at(f, "pipe"), 0600), 0);
	assert_int_equal(trusted_path_open(at(f, "pipe"), 0, &pipe, NULL, NULL), 0);
	end = trusted_path_reopen(pipe, O_RDONLY);
	assert_true(end >= 0);
}

/* Every name that is looked up on the way, by links and up again, and the one that is missing. */
TEST(trace)
{
	const Fixture *f = *state;
	_cleanup_strv_ char **names = NULL;
	_cleanup_fd_ int fd = -EBADF;
	_cleanup_free_ char *target = strdup(at(f, "archive/one"));

	assert_non_null(target);
	assert_int_equal(mkdir(at(f, "archive"), 0755), 0);
	assert_int_equal(mkdir(at(f, "live"), 0755), 0);
	make_file(f, "archive/one", 0);
	make_link(f, "live/link", "../archive/next");
	make_link(f, "archive/next", target);
	assert_int_equal(trusted_path_trace(at(f, "live/link"), 0, &names, &fd, NULL, NULL), 0);
	assert_true(strv_contains(names, at(f, "live")));
	assert_true(strv_contains(names, at(f, "live/link")));
	assert_true(strv_contains(names, at(f, "archive/next")));
	assert_true(strv_contains(names, target));
	assert_int_equal(unlink(target), 0);
	names = strv_free(names);
	assert_int_equal(
		trusted_path_trace(at(f, "live/link"), 0, &names, &fd, NULL, NULL), -ENOENT);
	assert_true(strv_contains(names, target));
}

TEST_FIXTURE(set_up, tear_down)

static int need_root(_unused_ void **state)
{
	if (geteuid() == 0)
		return 0;
	(void)fputs("SKIP: owners and marks are root's to set\n", stderr);
	/* meson counts 77 as skipped */
	exit(getenv("VIRT_SANDBOX_MUST") && strcmp(getenv("VIRT_SANDBOX_MUST"), "1") == 0 ? 1 : 77);
}
TEST_GROUP(need_root, NULL)
