/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What became of a container: from the words of its systemd to the file, and back; and the log of events.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"
#include "base/unit-test.h"
#include "engine/keep/event-log.h"
#include "engine/keep/oom-watch.h"
#include "engine/keep/readiness.h"

static char root[] = "/tmp/test-outcome.XXXXXX";
static char *const two_units[] = { (char *)"a.service", (char *)"b.service", NULL };

static int setup(_unused_ void **state)
{
	_cleanup_free_ char *place = NULL;

	if (!mkdtemp(root) || setenv("VIRT_SANDBOX_ROOT", root, 1) < 0 ||
		setenv("TZ", "UTC", 1) < 0)
		return -1;
	place = layout_path(LAYOUT_RESERVATIONS);
	return file_mkdir_p(place, 0700, NULL);
}

static int teardown(_unused_ void **state)
{
	return file_remove_tree(AT_FDCWD, root, NULL);
}

#define A_RUNS "Id=a.service\nActiveState=active\n\n"
#define B_FAILED                                                                                   \
	"Id=b.service\nActiveState=failed\nResult=exit-code\nExecMainCode=1\nExecMainStatus=4\n\n"
#define OTHER_FAILED                                                                               \
	"Id=c.service\nActiveState=failed\nResult=core-dump\nExecMainCode=3\nExecMainStatus="      \
	"11\n\n"
#define MANY "Id=x%u.service\nActiveState=failed\n\n"

static const struct {
	const char *text;
	int r;
	OutcomeVerdict verdict;
	const char *sentence;
} rows[] = {
	{ A_RUNS "Id=b.service\nActiveState=active\n", 0, OUTCOME_GOOD, NULL },
	/* Named twice: as asked for, and among all that failed. */
	{ A_RUNS B_FAILED B_FAILED, 0, OUTCOME_DEGRADED,
		"b.service failed at 1970-01-02 00:00:00 (exit-code, status 4)" },
	{ A_RUNS "Id=b.service\nActiveState=inactive\n\n" OTHER_FAILED, 0, OUTCOME_DEGRADED,
		"c.service failed at 1970-01-02 00:00:00 (core-dump, signal 11)" },
	{ "Id=a.service\nActiveState=failed\nResult=timeout\n\n" B_FAILED, 0, OUTCOME_FAILED,
		"a.service failed at 1970-01-02 00:00:00 (timeout); b.service failed at 1970-01-02 00:00:00 (exit-code, status 4)" },
	{ "Id=a.service\nActiveState=activating\nSubState=auto-restart\n\n" A_RUNS, 1, OUTCOME_GOOD,
		NULL },
	/* Names that systemd does not have are nobody's. */
	{ A_RUNS A_RUNS "Id=\x1b[31m\nActiveState=failed\n\n", 0, OUTCOME_GOOD, NULL },
	{ "", 0, OUTCOME_GOOD, NULL },
};

TEST(what_has_failed)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_outcome_ Outcome outcome = { 0 };
		_cleanup_free_ char *sentence = NULL;

		assert_int_equal(
			readiness_outcome(rows[i].text, two_units, 86400, &outcome), rows[i].r);
		assert_int_equal(outcome.verdict, rows[i].verdict);
		sentence = outcome_sentence(&outcome);
		assert_string_equal(
			sentence ? sentence : "", rows[i].sentence ? rows[i].sentence : "");
	}
}

TEST(not_more_than_is_kept)
{
	_cleanup_outcome_ Outcome outcome = { 0 };
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ Buf buf = { 0 };

	for (unsigned int i = 0; i < 3 * OUTCOME_UNITS_MAX; i++)
		buf_printf(&buf, MANY, i);
	assert_int_equal(buf_take(&buf, &text, NULL), 0);
	assert_int_equal(readiness_outcome(text, two_units, 1, &outcome), 0);
	assert_int_equal(outcome.n_units, OUTCOME_UNITS_MAX);
}

TEST(file)
{
	_cleanup_outcome_ Outcome outcome = { 0 }, got = { 0 }, none = { 0 };
	_cleanup_free_ char *sentence = NULL;

	assert_int_equal(readiness_outcome(A_RUNS B_FAILED, two_units, 86400, &outcome), 0);
	outcome.ended = true;
	outcome.status = 9;
	outcome.time = 86401;
	outcome.said = strdup("one\ntwo=2\n");
	assert_int_equal(outcome_save("web1", &outcome, NULL), 0);
	assert_int_equal(outcome_load("web1", &got, NULL), 0);
	assert_int_equal(got.verdict, OUTCOME_DEGRADED);
	assert_string_equal(got.said, "one\ntwo=2\n");
	sentence = outcome_sentence(&got);
	assert_string_equal(sentence,
		"it ended at 1970-01-02 00:00:01, killed by signal 9; b.service failed at 1970-01-02 00:00:00 (exit-code, status 4)");
	outcome_forget("web1");
	assert_int_equal(outcome_load("web1", &none, NULL), 0);
	assert_int_equal(none.verdict, OUTCOME_GOOD);
	assert_false(none.ended);
}

TEST(broken_file)
{
	static const char *const texts[] = { "verdict=fine\n", "verdict=good", "what=1\n",
		"unit=a.service\n", "unit=a exit-code status 1 2 3\n", "time=1x\n", "status=\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *text = strdup(texts[i]);
		Outcome outcome;

		assert_int_equal(outcome_parse(text, &outcome), -EBADMSG);
	}
}

TEST(events_are_bounded)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "events"),
			    *old = layout_pathf(LAYOUT_RESERVATIONS, "events.old"), *text = NULL,
			    *reason = calloc(1, 2 * EVENT_LINE_MAX);
	Outcome outcome = { .reason = reason, .ended = true, .status = 1 << 8 };
	struct stat st;

	event_log("web\"1", EVENT_READY, NULL);
	event_log("web1", EVENT_START_FAILED, &(Outcome){ .reason = (char *)"no\npower" });
	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	assert_non_null(strstr(text, ",\"container\":\"web\\\"1\",\"event\":\"ready\"}\n"));
	assert_non_null(
		strstr(text, ",\"event\":\"start-failed\",\"reason\":\"no\\u000apower\"}\n"));
	memset(reason, 'x', 2 * EVENT_LINE_MAX - 1);
	event_log("web1", EVENT_ENDED, &outcome);
	free(text);
	assert_int_equal(file_read(path, &text, NULL, NULL), 0);
	assert_non_null(strstr(text, ",\"event\":\"ended\",\"status\":1}\n"));
	reason[EVENT_LINE_MAX / 2] = '\0';
	for (int i = 0; i < 3 * EVENT_LOG_MAX / (EVENT_LINE_MAX / 2); i++)
		event_log("web1", EVENT_ENDED, &outcome);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= EVENT_LOG_MAX);
	assert_int_equal(stat(old, &st), 0);
	assert_true(st.st_size <= EVENT_LOG_MAX + EVENT_LINE_MAX);
}

static uint64_t killed;

static void on_killed(_unused_ void *data, uint64_t n)
{
	killed += n;
}

/* Of a file in place of the kernel's: what is killed before it listens, and what the end finds, is told once. */
TEST(kills_are_counted)
{
	_cleanup_free_ char *directory = layout_pathf(LAYOUT_RESERVATIONS, "cgroup"), *path = NULL;
	_cleanup_fd_ int fd = -EBADF;
	Loop loop = LOOP_NONE;
	OomWatch watch;

	assert_int_equal(file_mkdir_p(directory, 0700, NULL), 0);
	assert_true(asprintf(&path, "%s/memory.events", directory) > 0);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(loop_open(&loop, NULL), 0);
	oom_watch_init(&watch, &loop, on_killed, NULL);
	oom_watch_begin(&watch, fd); /* a host that does not count */
	oom_watch_end(&watch, -EBADF);
	assert_true(killed == 0);
	assert_int_equal(file_write_atomic(path, "max 7\noom 3\noom_kill 2\n", 23, 0600, NULL), 0);
	oom_watch_begin(&watch, fd);
	assert_true(killed == 2);
	oom_watch_end(&watch, fd);
	assert_true(killed == 2);
	oom_watch_end(&watch, fd); /* another life, in which nothing had begun */
	assert_true(killed == 4);
	loop_done(&loop);
}

TEST_GROUP(setup, teardown)
