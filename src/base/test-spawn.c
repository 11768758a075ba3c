/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which program of the host runs, whatever the caller's environment is.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/unit-test.h"

TEST(path_of_the_caller_is_not_used)
{
	static const char script[] = "#!/bin/sh\necho stolen\n";
	char directory[] = "/tmp/test-spawn.XXXXXX";
	_cleanup_free_ char *fake = NULL, *output = NULL;

	assert_non_null(mkdtemp(directory));
	fake = path_join(directory, "uname");
	assert_non_null(fake);
	assert_int_equal(file_write_atomic(fake, script, strlen(script), 0755, NULL), 0);
	assert_int_equal(setenv("PATH", directory, 1), 0);
	assert_int_equal(
		spawn_run((char *const[]){ (char *)"uname", NULL }, NULL, &output, NULL, NULL), 0);
	assert_string_equal(output, "Linux\n");
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
}

TEST(signals_of_the_caller_are_not_inherited)
{
	char *const argv[] = { (char *)"grep", (char *)"-E", (char *)"^Sig(Blk|Ign)",
		(char *)"/proc/self/status", NULL };
	_cleanup_free_ char *output = NULL;
	sigset_t set, before;

	assert_int_equal(sigfillset(&set), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	assert_int_equal(spawn_run(argv, NULL, &output, NULL, NULL), 0);
	assert_non_null(strstr(output, "SigBlk:\t0000000000000000\nSigIgn:\t"));
	/* glibc ignores its own two, 32 and 33, in what it spawns */
	assert_int_equal(strtoull(strstr(output, "Ign:") + 5, NULL, 16) & ~(3ULL << 31), 0);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

TEST(missing_program_names_its_package)
{
	_cleanup_error_ Error *error = NULL;

	assert_int_equal(spawn_run((char *const[]){ (char *)"no-such-program", NULL }, NULL, NULL,
				 NULL, &error),
		-ENOENT);
	assert_string_equal(error_message(error),
		"this host has no program no-such-program; install the package no-such-program");
	assert_int_equal(spawn_need("uname", NULL), 0);
}
