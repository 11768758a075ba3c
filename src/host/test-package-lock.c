/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is at work on packages: by the locks of dpkg, its frontends and rpm, and by what dpkg left.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/unit-test.h"
#include "host/package-lock.h"

static char root[] = "/tmp/test-package-lock.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(setenv("VIRT_SANDBOX_PACKAGE_WAIT", "0", 1), 0);
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return file_remove_tree(AT_FDCWD, root, NULL);
}

TEST_GROUP(set_up, tear_down)

static void put(const char *path, const char *text)
{
	_cleanup_free_ char *whole = path_join(root, path);

	assert_int_equal(file_mkdir_parent(whole, NULL), 0);
	assert_int_equal(file_write_unsynced(whole, text, strlen(text), 0644, NULL), 0);
}

/* A child that has the lock until its end of the pipe is closed. */
static pid_t hold(const char *path, short type, int *ret_end)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	_cleanup_free_ char *whole = path_join(root, path);
	int ready[2], end[2];
	pid_t pid;
	char byte;

	put(path, "");
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(whole, O_RDWR | O_CLOEXEC);

		(void)close(end[1]);
		if (fcntl(fd, F_SETLK, &lock) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(end[0], &byte, 1) != 0);
	}
	(void)close(ready[1]);
	(void)close(end[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	*ret_end = end[1];
	return pid;
}

static void let_go(pid_t pid, int end)
{
	(void)close(end);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool is_at_work(pid_t pid)
{
	PackageWork work;

	package_work(root, &work);
	assert_false(work.interrupted);
	assert_true(!*work.words || work.pid == pid);
	return *work.words;
}

TEST(own_locks)
{
	static const char *const locks[] = { "/var/lib/dpkg/lock", "/var/lib/rpm/.rpm.lock",
		"/usr/lib/sysimage/rpm/.rpm.lock" };

	assert_false(is_at_work(0));
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		int end;
		pid_t pid = hold(locks[i], F_WRLCK, &end);

		assert_true(is_at_work(pid));
		let_go(pid, end);
		assert_false(is_at_work(0));
		pid = hold(locks[i], F_RDLCK, &end); /* who only asks the database */
		assert_false(is_at_work(0));
		let_go(pid, end);
	}
}

/* A frontend that asks, loads, or runs its hooks is not in the way; one that has unpacked and not set up, is. */
TEST(frontend)
{
	static const char status[] =
		"Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: %s\n";
	static const struct {
		const char *status;
		bool at_work;
	} cases[] = { { "install ok installed", false }, { "install ok unpacked", true },
		{ "install reinstreq half-installed", true },
		{ "install ok half-configured", true }, { "deinstall ok config-files", false },
		{ "install ok triggers-pending", false } };
	int end;
	pid_t pid = hold("/var/lib/dpkg/lock-frontend", F_WRLCK, &end);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), status, cases[i].status);
		put("/var/lib/dpkg/status", text);
		assert_int_equal(is_at_work(pid), cases[i].at_work);
	}
	let_go(pid, end);
}

TEST(interrupted)
{
	_cleanup_free_ char *last = path_join(root, "/var/lib/dpkg/updates/0010");
	_cleanup_error_ Error *error = NULL;
	PackageWork work;

	put("/var/lib/dpkg/updates/0002", "Package: a\nStatus: install ok half-installed\n");
	put("/var/lib/dpkg/updates/tmp.i", "Status: install ok half-installed\n");
	put("/var/lib/dpkg/updates/0010", "Package: a\nStatus: install ok unpacked\n");
	package_work(root, &work);
	assert_false(work.interrupted);
	assert_int_equal(package_wait(root, NULL, NULL, NULL), 0);
	assert_int_equal(unlink(last), 0);
	package_work(root, &work);
	assert_true(work.interrupted);
	assert_int_equal(package_wait(root, NULL, NULL, &error), -ETXTBSY);
	assert_non_null(strstr(error_message(error), "dpkg --configure -a"));
	last = (free(last), path_join(root, "/var/lib/dpkg/updates/0002"));
	assert_int_equal(unlink(last), 0);
}

static void note(const char *sentence, void *data)
{
	assert_non_null(strstr(sentence, "waiting until"));
	++*(unsigned int *)data;
}

TEST(waits)
{
	_cleanup_error_ Error *error = NULL;
	unsigned int told = 0;
	int end;
	pid_t pid = hold("/var/lib/dpkg/lock", F_WRLCK, &end);

	assert_int_equal(package_wait(root, note, &told, &error), -ETXTBSY);
	assert_int_equal(told, 0); /* it does not wait at all */
	assert_non_null(strstr(error_message(error), "(process "));
	assert_int_equal(setenv("VIRT_SANDBOX_PACKAGE_WAIT", "60", 1), 0);
	(void)close(end);
	assert_int_equal(package_wait(root, note, &told, NULL), 0);
	assert_true(told <= 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Nobody waits for who waits for him. */
TEST(ancestor)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_free_ char *path = path_join(root, "/var/lib/dpkg/lock");
	_cleanup_fd_ int fd = -EBADF;
	int status;
	pid_t pid;

	put("/var/lib/dpkg/lock", "");
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_SETLK, &lock), 0);
	assert_int_equal(setenv("VIRT_SANDBOX_PACKAGE_WAIT", "600", 1), 0);
	pid = fork();
	if (pid == 0) {
		Error *error = NULL;

		_exit(package_wait(root, NULL, NULL, &error) != -ETXTBSY ||
			!strstr(error_message(error), "waits for this command"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
