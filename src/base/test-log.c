/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps that are told: the form of a line, what cannot get into it, and silence when nobody asked.
 */

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unit-test.h"

/* What a child with its standard error in memory says. */
static void say(void (*work)(void), bool on, char *ret, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC), status;
	ssize_t n;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (on)
			log_start();
		if (dup2(fd, STDERR_FILENO) < 0)
			_exit(2);
		work();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	n = pread(fd, ret, size - 1, 0);
	assert_true(n >= 0);
	ret[n] = '\0';
	(void)close(fd);
}

static void one_step(void)
{
	errno = ENOTTY;
	log_step("reserve", "ids %d of %s", 7, "web\033[31m\n1");
	if (errno != ENOTTY)
		_exit(3);
}

TEST(line)
{
	char text[1024];
	regex_t form;

	say(one_step, true, text, sizeof(text));
	assert_int_equal(
		regcomp(&form,
			"^[^ ]*log\\[[0-9]+\\] [0-9]+\\.[0-9]{6} reserve: ids 7 of web\\?\\[31m\\?1\n$",
			REG_EXTENDED | REG_NOSUB),
		0);
	assert_int_equal(regexec(&form, text, 0, NULL, 0), 0);
	regfree(&form);
}

TEST(silence)
{
	char text[64];

	assert_false(log_on);
	assert_null(log_variable());
	say(one_step, false, text, sizeof(text));
	assert_string_equal(text, "");
}

static void long_step(void)
{
	char object[5000];

	memset(object, 'x', sizeof(object) - 1);
	object[sizeof(object) - 1] = '\0';
	log_step(object, "%s", object);
	log_step("short", "%s", object);
}

/* Cut, and still one line each. */
TEST(long)
{
	char text[4096], *end;

	say(long_step, true, text, sizeof(text));
	assert_true(strlen(text) < 1100);
	end = strchr(text, '\n');
	assert_non_null(end);
	assert_non_null(strstr(end, " short: xxx"));
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void kept_steps(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	log_keep_stderr();
	if (null < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(4);
	log_step("kept", "a");
	log_stop();
	log_step("after", "b");
}

TEST(kept)
{
	char text[256];

	say(kept_steps, true, text, sizeof(text));
	assert_non_null(strstr(text, " kept: a\n"));
	assert_null(strstr(text, "after"));
}

static int stop_log(_unused_ void **state)
{
	log_stop();
	return 0;
}
TEST_GROUP(stop_log, NULL)
