/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of containers: on disk, broken, of a supervisor that no longer lives; and the lock that goes with it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "engine/keep/lock.h"
#include "base/procstat.h"
#include "base/unit-test.h"
#include "engine/keep/state.h"

static char root[] = "/tmp/test-state.XXXXXX";

static int setup(_unused_ void **state)
{
	_cleanup_free_ char *place = NULL;

	if (!mkdtemp(root) || setenv("VIRT_SANDBOX_ROOT", root, 1) < 0)
		return -1;
	place = layout_pathf(LAYOUT_RUN, "web1");
	return file_mkdir_p(place, 0700, NULL);
}

static int teardown(_unused_ void **state)
{
	return file_remove_tree(AT_FDCWD, root, NULL);
}

static RunState own_state(void)
{
	RunState state = {
		.phase = RUN_RUNNING, .supervisor = getpid(), .pid = getpid(), .since = 1700000000
	};

	assert_int_equal(procstat_starttime(getpid(), &state.supervisor_starttime), 0);
	state.starttime = state.supervisor_starttime;
	return state;
}

TEST(state_is_as_saved)
{
	_cleanup_run_state_ RunState loaded = { 0 };
	RunState saved = own_state();
	_cleanup_fd_ int pidfd = -EBADF;

	saved.address = (char *)"10.91.0.2";
	saved.cgroup = (char *)"/sys/fs/cgroup/virt-sandbox/web1";
	assert_int_equal(run_state_save("web1", &saved, NULL), 0);
	assert_int_equal(run_state_load("web1", &loaded, NULL), 0);
	assert_int_equal(loaded.phase, RUN_RUNNING);
	assert_int_equal(loaded.pid, saved.pid);
	assert_true(loaded.starttime == saved.starttime);
	assert_int_equal(loaded.since, saved.since);
	assert_string_equal(loaded.address, saved.address);
	assert_string_equal(loaded.cgroup, saved.cgroup);
	assert_int_equal(run_state_pidfd(&loaded, &pidfd, NULL), 0);
}

TEST(no_state_is_stopped)
{
	_cleanup_run_state_ RunState loaded = { .phase = RUN_RUNNING };

	assert_int_equal(run_state_load("nosuch", &loaded, NULL), 0);
	assert_int_equal(loaded.phase, RUN_STOPPED);
}

/* A reused pid is another process. */
TEST(dead_supervisor_is_stopped)
{
	_cleanup_run_state_ RunState reused = { 0 }, zombie = { 0 };
	RunState saved = own_state();
	int pidfd = -EBADF;
	pid_t pid;

	saved.supervisor_starttime++;
	saved.starttime++;
	assert_int_equal(run_state_save("web1", &saved, NULL), 0);
	assert_int_equal(run_state_load("web1", &reused, NULL), 0);
	assert_int_equal(reused.phase, RUN_STOPPED);
	assert_int_equal(run_state_pidfd(&reused, &pidfd, NULL), -ESRCH);

	pid = fork();
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	saved.supervisor = pid;
	assert_int_equal(run_state_save("web1", &saved, NULL), 0);
	assert_int_equal(run_state_load("web1", &zombie, NULL), 0);
	assert_int_equal(zombie.phase, RUN_STOPPED);
	(void)waitpid(pid, NULL, 0);
}

TEST(broken_files_are_refused)
{
	static const char *const broken[] = { "", "\n", "phase=running", "phase=dancing\n",
		"pid=-1\n", "pid= 1\n", "pid=1x\n", "pid=99999999999\n", "pid\n", "=1\n",
		"since=9223372036854775808\n", "unknown=1\n", "phase=running\n\n",
		"starttime=18446744073709551616\n" };
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "web1/state");

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		_cleanup_run_state_ RunState loaded = { 0 };
		_cleanup_error_ Error *error = NULL;

		assert_int_equal(
			file_write_atomic(path, broken[i], strlen(broken[i]), 0600, NULL), 0);
		if (run_state_load("web1", &loaded, &error) != -EBADMSG)
			fail_msg("accepted: \"%s\"", broken[i]);
		assert_non_null(strstr(error_message(error), "container web1"));
	}
	assert_int_equal(file_write_atomic(path, "phase=running\n\0\n", 16, 0600, NULL), 0);
	assert_int_equal(run_state_load("web1", &(RunState){ 0 }, NULL), -EBADMSG);
}

/* proc(5): the name stands in parentheses and may hold anything, numbers and parentheses, too. */
TEST(process_name_does_not_confuse)
{
	static const char rest[] = " S 1 2 3 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1 1";
	char text[256];
	uint64_t time;

	(void)snprintf(text, sizeof(text), "7 (a) b (c 1 2 3) 4)%s", rest);
	assert_int_equal(procstat_parse(text, &time), 0);
	assert_int_equal(time, 4711);
	assert_int_equal(procstat_parse("7 (x) Z 1", &time), -ESRCH);
	assert_int_equal(procstat_parse("7 (x) S 1 2", &time), -EBADMSG);
	assert_int_equal(procstat_parse("", &time), -EBADMSG);
	assert_int_equal(procstat_starttime(0, &time), -ESRCH);
	assert_int_equal(procstat_starttime(-1, &time), -ESRCH);
}

static int other_process_takes_lock(void)
{
	int status, fd = -EBADF;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-lock_take("web1", &fd, NULL));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return -WEXITSTATUS(status);
}

TEST(lock_has_one_holder)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RUN, "web1.lock");
	int fd = -EBADF;

	assert_int_equal(lock_take("web1", &fd, NULL), 0);
	assert_int_equal(other_process_takes_lock(), -EBUSY);
	lock_drop("web1", &fd);
	assert_false(file_exists(path));
	/* The dead holder leaves the file, and nobody minds. */
	assert_int_equal(other_process_takes_lock(), 0);
	assert_true(file_exists(path));
	assert_int_equal(lock_take("web1", &fd, NULL), 0);
	lock_drop("web1", &fd);
}

TEST_GROUP(setup, teardown)
