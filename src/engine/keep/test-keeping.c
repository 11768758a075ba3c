/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a container says, and how little of it is believed: notifications, console, the answers about its units; and the request that
 * goes into it with its environment.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/strv.h"
#include "base/text.h"
#include "base/unit-test.h"
#include "engine/io/console.h"
#include "engine/enter/request.h"
#include "engine/start/helper-environment.h"
#include "engine/keep/notify.h"
#include "engine/keep/readiness.h"

TEST(notifications_are_whole_lines)
{
	static const char said[] = "READY=1\nSTATUS=up \x1b[31m\xff!\nMAINPID=1\nSTOPPING=10\nX";
	static const char almost[] = "READY=11\nREADY=\n READY=1\nSTATUS";
	Notification n;

	notify_parse(said, strlen(said), &n);
	assert_true(n.ready);
	assert_false(n.stopping);
	assert_string_equal(n.status, "up ?[31m?!");
	notify_parse(almost, strlen(almost), &n);
	assert_false(n.ready);
	assert_string_equal(n.status, "");
	notify_parse("STOPPING=1", 10, &n);
	assert_true(n.stopping);
	notify_parse("", 0, &n);
	assert_false(n.ready);
}

static void send_to(const char *directory, const char *data, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", directory);
	assert_int_equal(
		sendto(fd, data, size, 0, (struct sockaddr *)&address, sizeof(address)), size);
}

/* Only PID 1 is heard, and only what fits. */
TEST(notifications_have_one_sender)
{
	char directory[] = "/tmp/test-notify.XXXXXX", large[NOTIFY_SIZE_MAX + 1];
	_cleanup_fd_ int run_fd = -EBADF, fd = -EBADF;
	Notification n;

	memset(large, '\n', sizeof(large));
	memcpy(large, "READY=1", 7);
	assert_non_null(mkdtemp(directory));
	run_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(notify_listen(run_fd, "notify", geteuid(), &fd, NULL), 0);
	assert_int_equal(notify_receive(fd, getpid(), &n), -EAGAIN);
	send_to(directory, "READY=1", 7);
	assert_int_equal(notify_receive(fd, 1, &n), 0);
	send_to(directory, large, sizeof(large));
	assert_int_equal(notify_receive(fd, getpid(), &n), 0);
	send_to(directory, "READY=1", 7);
	assert_int_equal(notify_receive(fd, getpid(), &n), 1);
	assert_true(n.ready);
	assert_int_equal(file_remove_tree(AT_FDCWD, directory, NULL), 0);
}

static const char *harmless(const char *text)
{
	static char out[256];
	int state = 0;
	size_t n = text_filter(&state, text, strlen(text), out);

	out[n] = '\0';
	return out;
}

TEST(output_cannot_steer_a_terminal)
{
	int between = 0;
	char out[8];

	assert_string_equal(harmless("plain\ttext\n"), "plain\ttext\n");
	assert_string_equal(harmless("\x1b[31;1mred\x1b[0m"), "red");
	assert_string_equal(harmless("\x1b]0;title\a"), "0;title");
	assert_string_equal(harmless("a\rb\bc\x7f\a\v"), "abc");
	assert_string_equal(harmless("gr\xc3\xbc\xc3\x9f \xc2\xa7"), "gr\xc3\xbc\xc3\x9f \xc2\xa7");
	assert_string_equal(harmless("\xc2\x9b"
				     "31m"),
		"31m");
	assert_string_equal(harmless("\xc2\xc2\x9b"
				     "31m"),
		"31m");
	assert_string_equal(harmless("\xc2\xc2\xc2\x9b"), "");
	assert_string_equal(harmless("\x1b[1\nnext"), "\nnext");
	/* A sequence that comes in two pieces. */
	assert_int_equal(text_filter(&between, "\x1b", 1, out), 0);
	assert_int_equal(text_filter(&between, "[31mx", 5, out), 1);
	assert_int_equal(out[0], 'x');
}

TEST(console_remembers_the_end)
{
	static Console console;
	static char text[5001];
	char piece[5000];
	_cleanup_free_ char *few = NULL, *all = NULL;

	(void)console_add(&console, "first", 5, text);
	assert_int_equal(console_tail(&console, &few, NULL), 0);
	assert_string_equal(few, "first");
	memset(piece, 'x', sizeof(piece));
	for (int i = 0; i < 20; i++)
		(void)console_add(&console, piece, sizeof(piece), text);
	(void)console_add(&console, "last", 4, text);
	assert_int_equal(console_tail(&console, &all, NULL), 0);
	assert_int_equal(strlen(all), CONSOLE_SIZE);
	assert_null(strstr(all, "first"));
	assert_string_equal(all + CONSOLE_SIZE - 5, "xlast");
}

static char *const two_units[] = { (char *)"a.service", (char *)"b.service", NULL };

/* What is said about the units, and the unit and state that come out ("" for all up, NULL for ask again). */
static const struct {
	const char *text, *unit, *state;
} answers[] = {
	{ "Id=a.service\nActiveState=active\n\nId=b.service\nActiveState=active\n", "", "" },
	{ "Type=oneshot\nActiveState=inactive\nResult=success\nInactiveExitTimestampMonotonic=12\n\n"
	  "ActiveState=reloading\n",
		"", "" },
	{ "ActiveState=active\n\nActiveState=failed\nSubState=failed\nResult=exit-code\n",
		"b.service", "failed (failed, exit-code)" },
	{ "ActiveState=activating\nSubState=auto-restart\nResult=exit-code\n\n", "a.service",
		"activating (auto-restart, exit-code)" },
	{ "ActiveState=active\n", "b.service", "unknown ()" },
	{ "", "a.service", "unknown ()" },
	{ "ActiveState=inactive\nType=simple\nResult=success\nSubState=dead\n", "a.service",
		"inactive (dead)" },
	{ "ActiveState=activex\nSubState=\x1b[31m\n", "a.service", "activex ()" },
	{ "xActiveState=active\n", "a.service", "unknown ()" },
	/* It was up, and has failed since: another question. */
	{ "ActiveState=failed\nResult=exit-code\nActiveEnterTimestampMonotonic=812\n\n"
	  "ActiveState=active\n",
		"", "" },
	{ "ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainCode=1\n"
	  "ExecMainStatus=203\nActiveEnterTimestampMonotonic=0\n",
		"a.service", "failed (failed, exit-code, status 203)" },
	{ "ActiveState=failed\nSubState=failed\nResult=signal\nExecMainCode=2\nExecMainStatus=9\n",
		"a.service", "failed (failed, signal, signal 9)" },
	/* Executed, but systemd saw its end first; not executed; another command of it failed. */
	{ "Type=exec\nActiveState=failed\nResult=exit-code\nExecMainCode=1\nExecMainStatus=1\n\n"
	  "Type=exec\nActiveState=inactive\nResult=success\nExecMainCode=1\nExecMainStatus=0\n",
		"", "" },
	{ "Type=exec\nActiveState=failed\nResult=core-dump\nExecMainCode=3\nExecMainStatus=11\n\n"
	  "Type=exec\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainCode=1\n"
	  "ExecMainStatus=217\n",
		"b.service", "failed (failed, exit-code, status 217)" },
	{ "Type=exec\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainCode=2\n"
	  "ExecMainStatus=15\n",
		"a.service", "failed (failed, exit-code, signal 15)" },
	{ "Type=exec\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainCode=0\n"
	  "ExecMainStatus=0\n",
		"a.service", "failed (failed, exit-code)" },
	/* What was skipped, or never began, has done nothing. */
	{ "Type=oneshot\nActiveState=inactive\nSubState=dead\nResult=success\nConditionResult=no\n"
	  "InactiveExitTimestampMonotonic=0\n",
		"a.service", "inactive (dead, skipped because a condition of it is not met)" },
	{ "Type=oneshot\nActiveState=inactive\nSubState=dead\nResult=success\nConditionResult=yes\n"
	  "InactiveExitTimestampMonotonic=0\n",
		"a.service", "inactive (dead)" },
	{ "Type=exec\nActiveState=inactive\nSubState=dead\nResult=success\nConditionResult=no\n"
	  "ConditionTimestampMonotonic=0\nInactiveExitTimestampMonotonic=0\n",
		"a.service",
		"inactive (dead, not begun, since a unit that it needs did not start)" },
	{ "LoadState=bad-setting\nActiveState=inactive\nSubState=dead\nConditionTimestampMonotonic=0\n",
		"a.service",
		"inactive (dead, not begun, since systemd does not take its file: bad-setting)" },
	/* Tried again at once, for the last time, and only in half a minute. */
	{ "ActiveState=activating\nRestartUSec=100ms\nNRestarts=4\n\nActiveState=active\n", NULL,
		NULL },
	{ "ActiveState=activating\nSubState=start\nRestartUSec=100ms\nNRestarts=5\n", "a.service",
		"activating (start)" },
	{ "ActiveState=activating\nSubState=auto-restart\nRestartUSec=30s\nNRestarts=0\n",
		"a.service", "activating (auto-restart)" },
	{ "ActiveState=activating\nRestartUSec=100ms\nNRestarts=0\n\nActiveState=failed\n"
	  "SubState=failed\n",
		"b.service", "failed (failed)" },
};

TEST(units_must_be_up)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		_cleanup_free_ char *is = NULL;
		const char *unit = "";
		int r = readiness_check(answers[i].text, two_units, &unit, &is, NULL);

		assert_int_equal(r, !answers[i].unit   ? READINESS_AGAIN
				    : *answers[i].unit ? READINESS_DOWN
						       : READINESS_UP);
		assert_string_equal(unit, answers[i].unit ? answers[i].unit : "");
		assert_string_equal(is ? is : "", answers[i].state ? answers[i].state : "");
	}
}

TEST(log_lines_are_indented_and_harmless)
{
	_cleanup_free_ char *lines = readiness_log_lines("two\n\x1b[1mone\n"),
			    *none = readiness_log_lines(""), *some = NULL, *huge = NULL;
	char numbers[256] = "", *long_text = calloc(1, 300000);

	assert_string_equal(lines, "\n  one\n  two");
	assert_string_equal(none, "");
	for (int i = 30; i > 0; i--)
		(void)snprintf(numbers + strlen(numbers), 8, "n%d\n", i);
	some = readiness_log_lines(numbers);
	assert_non_null(strstr(some, "\n  n1\n"));
	assert_non_null(strstr(some, "\n  n6\n  [10 lines left out]\n  n17\n"));
	assert_non_null(strstr(some, "\n  n30"));
	assert_non_null(long_text);
	memset(long_text, 'x', 299999);
	huge = readiness_log_lines(long_text);
	assert_true(strlen(huge) < 3000);
	free(long_text);
}

TEST(request_arrives_as_sent)
{
	char *argv[] = { (char *)"sh", (char *)"", (char *)"a b", NULL },
	     *envp[] = { (char *)"A=1", NULL };
	const EnterRequest sent = { .spec = (char *)"[filter]\nkind=wide\n",
		.terminal = true,
		.old_mounts = true,
		.background = true,
		.user = (char *)"www",
		.directory = (char *)"/srv",
		.label_file = (char *)"attr/exec",
		.label_text = (char *)"label",
		.argv = argv,
		.envp = envp };
	_cleanup_enter_request_ EnterRequest got = { 0 };
	_cleanup_buf_ Buf buf = { 0 };

	enter_request_format(&sent, &buf);
	assert_int_equal(enter_request_parse(buf.data, buf.size, &got), 0);
	assert_string_equal(got.spec, sent.spec);
	assert_true(got.terminal);
	assert_true(got.old_mounts);
	assert_true(got.background);
	assert_string_equal(got.user, "www");
	assert_string_equal(got.directory, "/srv");
	assert_string_equal(got.label_text, "label");
	assert_int_equal(strv_length(got.argv), 3);
	assert_string_equal(got.argv[1], "");
	assert_string_equal(got.envp[0], "A=1");
	/* Neither more nor less of it makes sense. */
	for (size_t n = 0; n < buf.size; n++)
		assert_int_equal(enter_request_parse(buf.data, n, &(EnterRequest){ 0 }), -EBADMSG);
	buf_append(&buf, "", 1);
	assert_int_equal(enter_request_parse(buf.data, buf.size, &(EnterRequest){ 0 }), -EBADMSG);
}

TEST(environment_has_each_name_once)
{
	char *more[] = { (char *)"A=3", (char *)"AB=4", NULL }, *bad[] = { (char *)"=x", NULL };
	_cleanup_strv_ char **env = NULL;

	assert_int_equal(environment_set(&env, "A", "1"), 0);
	assert_int_equal(environment_set(&env, "A", "2"), 0);
	assert_int_equal(environment_add(&env, more), 0);
	assert_int_equal(strv_length(env), 2);
	assert_string_equal(environment_get(env, "A"), "3");
	assert_null(environment_get(env, "B"));
	assert_int_equal(environment_add(&env, bad), -EINVAL);
}

TEST(terminal_type_is_a_name)
{
	assert_int_equal(setenv("TERM", "xterm-256color", 1), 0);
	assert_string_equal(environment_terminal(), "xterm-256color");
	assert_int_equal(setenv("TERM", "../../etc", 1), 0);
	assert_string_equal(environment_terminal(), "linux");
	assert_int_equal(setenv("TERM", "x\x1b[0m", 1), 0);
	assert_string_equal(environment_terminal(), "linux");
}
