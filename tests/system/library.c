/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the library gives to programs with a loop: compiled by test_library.py against what is installed. Each check prints its name when it holds.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <virt-sandbox.h>

static const char *name;
static char last[256]; /* that progress told */

static void hear(const char *what, size_t done, size_t all, void *data)
{
	(void)done, (void)all, (void)data;
	(void)snprintf(last, sizeof(last), "%s", what);
}

/* Until the task has ended; cancel_at: when progress has said so. */
static int finish(vsb_task *task, const char *cancel_at, vsb_error **error)
{
	bool ended = false;
	int r = 0;

	while (!ended) {
		struct pollfd p = { .fd = vsb_task_fd(task), .events = POLLIN };

		if (poll(&p, 1, 60000) != 1)
			abort();
		r = vsb_task_dispatch(task, hear, NULL, &ended, error);
		if (cancel_at && strncmp(last, cancel_at, strlen(cancel_at)) == 0)
			vsb_task_cancel(task);
	}
	return r;
}

static int work_execute(vsb_progress progress, void *progress_data, void *data, vsb_error **error)
{
	vsb_execute_options *options = NULL;
	int status, r;

	if (vsb_execute_options_new(&options, error) < 0)
		return -ENOMEM;
	(void)vsb_execute_options_set_descriptors(options, -1, -1, -1, NULL);
	progress("executing", 1, 2, progress_data);
	r = vsb_execute(name, data, options, &status, error);
	vsb_execute_options_free(options);
	return r < 0 ? r : status;
}

static int work_start(vsb_progress progress, void *progress_data, void *data, vsb_error **error)
{
	(void)progress, (void)progress_data;
	return vsb_start(data, error);
}

static int work_clone(vsb_progress progress, void *progress_data, void *data, vsb_error **error)
{
	(void)data;
	progress("cloning", 0, 0, progress_data);
	(void)pause(); /* as if it took long, before the first step */
	return vsb_clone(name, "never", NULL, error);
}

static void descriptors(void)
{
	char *words[] = { "sh", "-c", "pwd; cat; echo wrong >&2; exit 5", NULL }, text[64] = "";
	vsb_execute_options *options = NULL;
	int files[3], status = -1;
	vsb_error *error = NULL;

	for (int i = 0; i < 3; i++)
		assert((files[i] = memfd_create("test", 0)) >= 0);
	assert(write(files[0], "input\n", 6) == 6 && lseek(files[0], 0, SEEK_SET) == 0);
	assert(vsb_execute_options_new(&options, NULL) == 0);
	assert(vsb_execute_options_set_descriptors(options, 900, 1, 2, &error) == -EBADF);
	vsb_error_free(error);
	assert(vsb_execute_options_set_descriptors(options, files[0], files[1], files[2], NULL) ==
		0);
	assert(vsb_execute_options_set_directory(options, "/tmp", NULL) == 0);
	assert(vsb_execute(name, words, options, &status, NULL) == 0 && status == 5);
	assert(pread(files[1], text, sizeof(text), 0) == 11 &&
		memcmp(text, "/tmp\ninput\n", 11) == 0);
	assert(pread(files[2], text, sizeof(text), 0) == 6 && memcmp(text, "wrong\n", 6) == 0);
	assert(vsb_execute_options_set_flags(options, VSB_EXECUTE_TERMINAL, NULL) == 0);
	assert(vsb_execute(name, words, options, &status, NULL) == -EINVAL);
	vsb_execute_options_free(options);
	puts("descriptors");
}

static void capture(void)
{
	char *words[] = { "printf", "a\\0b", NULL }, *slow[] = { "sleep", "1000", NULL },
	     *much[] = { "yes", NULL }, *output = NULL;
	size_t size = 0;
	int status = -1;

	assert(vsb_execute_capture(name, words, NULL, 0, &output, &size, &status, NULL) == 0);
	assert(status == 0 && size == 3 && memcmp(output, "a\0b", 4) == 0);
	vsb_free(output);
	assert(vsb_execute_capture(name, slow, NULL, 1, &output, NULL, &status, NULL) ==
		-ETIMEDOUT);
	assert(vsb_execute_capture(name, much, NULL, 0, &output, NULL, &status, NULL) == -EFBIG);
	puts("capture");
}

static void tasks(void)
{
	char *words[] = { "sh", "-c", "exit 7", NULL }, *slow[] = { "sleep", "3219", NULL };
	vsb_error *error = NULL;
	vsb_info *info = NULL;
	vsb_task *task;
	bool ended;

	assert(vsb_task_new(work_execute, words, &task, NULL) == 0);
	assert(finish(task, NULL, &error) == 7 && !error && strcmp(last, "executing") == 0);
	assert(vsb_task_dispatch(task, NULL, NULL, &ended, NULL) == -EALREADY);
	vsb_task_free(task);
	assert(vsb_task_new(work_start, "no-such", &task, NULL) == 0);
	assert(finish(task, NULL, &error) == -ENOENT &&
		strstr(vsb_error_message(error), "no-such"));
	vsb_error_free(error);
	vsb_task_free(task);
	error = NULL;
	assert(vsb_task_new(work_execute, slow, &task, NULL) == 0);
	assert(finish(task, "executing", &error) == -ECANCELED);
	vsb_error_free(error);
	vsb_task_free(task);
	assert(vsb_task_new(work_clone, NULL, &task, NULL) == 0);
	vsb_task_free(task); /* cancels it */
	assert(vsb_info_of("never", &info, NULL) == -ENOENT);
	puts("tasks");
}

/* One that never says that it is up. */
static void cancelled_start(const char *slow)
{
	char expected[256];
	vsb_info *info = NULL;
	vsb_task *task;

	(void)snprintf(expected, sizeof(expected), "starting %s", slow);
	assert(vsb_task_new(work_start, (void *)slow, &task, NULL) == 0);
	assert(finish(task, expected, NULL) == -ECANCELED);
	vsb_task_free(task);
	assert(vsb_info_of(slow, &info, NULL) == 0);
	assert(vsb_info_state_code(info) == VSB_STATE_STOPPED ||
		vsb_info_state_code(info) == VSB_STATE_FAILED);
	assert(vsb_info_pid(info) == 0);
	vsb_info_free(info);
	puts("cancelled start");
}

static void states(void)
{
	for (int i = 0; vsb_state_name((vsb_state)i); i++)
		assert(vsb_state_from_name(vsb_state_name((vsb_state)i)) == i);
	assert(vsb_state_from_name("asleep") == -EINVAL && vsb_state_name((vsb_state)99) == NULL);
	puts("states");
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	assert(argc == 3);
	name = argv[1];
	descriptors();
	capture();
	tasks();
	cancelled_start(argv[2]);
	states();
	return 0;
}
