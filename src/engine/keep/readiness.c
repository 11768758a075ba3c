/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is every unit of the container really up?
 */
#include "engine/keep/readiness.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/strv.h"
#include "base/text.h"

#define LOG_TEXT_MAX                                                                               \
	((size_t)16 *                                                                              \
		1024) /* bytes of a journal or console that are looked at: their lines are no limit */
#define LOG_HEAD_LINES 6 /* of the journal or console that are repeated, of the beginning */
#define LOG_HEAD_MAX 800u /* bytes of them */
#define LOG_TAIL_LINES 14 /* and of the end */
#define LOG_TAIL_MAX 2000u
#define STATE_TEXT_MAX 64 /* bytes of one state that we repeat */
#define ATTEMPTS_MAX                                                                               \
	5 /* as systemd has it: a unit that restarts at once is given up after so many */

/* systemctl(1), journalctl(1): these options are older than every systemd that runs in a container. */
static const char *const show[] = { "systemctl", "show", "--no-pager", "-p",
	"Id,LoadState,Type,ActiveState,SubState,Result,ConditionResult,ConditionTimestampMonotonic,AssertResult,"
	"ActiveEnterTimestampMonotonic,InactiveExitTimestampMonotonic,NRestarts,RestartUSec,ExecMainCode,ExecMainStatus",
	"--state=failed", "--", NULL };
static const char every[] = "*"; /* of a pattern, --state= leaves those that have failed */
static const char *const sync_journal[] = { "journalctl", "--sync", NULL };
/* Backwards: with --since=, "-n" alone counts from there on. */
static const char *const journal[] = { "journalctl", "--no-pager", "-q", "-o", "cat", "-r", "-n",
	"100", NULL };
static const char *const reload[] = { "systemctl", "--no-pager", "reload", "--", NULL };

static char **command(const char *const *words, char *const *more)
{
	_cleanup_strv_ char **argv = NULL;
	int r = strv_copy(&argv, (char *const *)words);

	STRV_FOREACH (w, more)
		if (r == 0)
			r = strv_append(&argv, *w);
	return r < 0 ? NULL : TAKE_PTR(argv);
}

char **readiness_show_command(char *const *units)
{
	_cleanup_strv_ char **argv = command(show, units);

	return argv && strv_append(&argv, every) == 0 ? TAKE_PTR(argv) : NULL;
}

char **readiness_sync_command(void)
{
	return command(sync_journal, NULL);
}

/* Not -u: that a program cannot be executed is said by a process that journald may find gone when it asks whose it was. Only UNIT= says that for certain. */
char **readiness_journal_command(const char *unit, int64_t since)
{
	_cleanup_strv_ char **argv = command(journal, NULL);
	int r = argv ? 0 : -ENOMEM;

	if (r == 0)
		r = strv_appendf(&argv, "--since=@%" PRId64, since);
	if (r == 0)
		r = strv_appendf(&argv, "_SYSTEMD_UNIT=%s", unit);
	if (r == 0)
		r = strv_append(&argv, "+");
	if (r == 0)
		r = strv_appendf(&argv, "UNIT=%s", unit);
	return r < 0 ? NULL : TAKE_PTR(argv);
}

char **readiness_reload_command(char *const *units)
{
	return command(reload, units);
}

/* The value of a property in the block at text; what it points to is not terminated. "" when it is missing. */
static const char *property(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; *line && *line != '\n';
		line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			return line + n + 1;
	return "";
}

static bool property_is(const char *text, const char *name, const char *value)
{
	const char *has = property(text, name);
	size_t n = strlen(value);

	return strncmp(has, value, n) == 0 && (has[n] == '\n' || has[n] == '\0');
}

/* Was it ever reached in this life of the container? The text is a number, of digits. */
static bool is_set(const char *text, const char *name)
{
	const char *value = property(text, name);

	return value[strspn(value, "0")] >= '1' && value[strspn(value, "0")] <= '9';
}

static bool is_skipped(const char *text)
{
	return property_is(text, "ConditionResult", "no") ||
	       property_is(text, "AssertResult", "no");
}

/* The exit statuses of systemd itself, for what it could not execute: 200 to 245 (systemd.exec(5)). */
static bool is_of_systemd(const char *status)
{
	return strspn(status, "0123456789") == 3 && *status == '2' && status[1] <= '4';
}

/* The program was executed and ended by itself, not because another command of the unit failed. */
static bool ran(const char *text)
{
	if (property_is(text, "Result", "signal"))
		return property_is(text, "ExecMainCode", "2");
	if (property_is(text, "Result", "core-dump"))
		return property_is(text, "ExecMainCode", "3");
	if (!property_is(text, "ExecMainCode", "1") ||
		is_of_systemd(property(text, "ExecMainStatus")))
		return false;
	return property_is(text, "Result", "success") ||
	       (property_is(text, "Result", "exit-code") && is_set(text, "ExecMainStatus"));
}

/* Of Type=exec the start has succeeded when the program was executed. systemd may see its end first, and then says that the start failed: which of the two
 * it is for a program that ends at once, is chance, and so not our answer. */
static bool was_executed(const char *text)
{
	return property_is(text, "Type", "exec") && ran(text);
}

/* Did its start succeed? What became of it later depends on when we ask, and is another question. */
static bool was_up(const char *text)
{
	if (property_is(text, "ActiveState", "active") ||
		property_is(text, "ActiveState", "reloading") ||
		is_set(text, "ActiveEnterTimestampMonotonic") || was_executed(text))
		return true;
	/* One that does something and ends, and has. */
	return property_is(text, "ActiveState", "inactive") &&
	       property_is(text, "Type", "oneshot") && property_is(text, "Result", "success") &&
	       is_set(text, "InactiveExitTimestampMonotonic") && !is_skipped(text);
}

/* At most a second: "100ms", "1s". */
static bool restarts_at_once(const char *text)
{
	const char *value = property(text, "RestartUSec");
	size_t n = strspn(value, "0123456789");
	const char *unit = value + n;

	return n > 0 && (strncmp(unit, "ms", 2) == 0 || strncmp(unit, "us", 2) == 0 ||
				strncmp(value, "1s\n", 3) == 0 || strncmp(value, "0\n", 2) == 0);
}

/* Between two attempts, and the next one comes at once: whether we see it here or already up would be chance. */
static bool is_tried_again(const char *text)
{
	const char *restarts = property(text, "NRestarts");
	size_t n = strspn(restarts, "0123456789");

	return property_is(text, "ActiveState", "activating") && restarts_at_once(text) &&
	       (n == 0 || (n == 1 && *restarts < '0' + ATTEMPTS_MAX));
}

/* A value that may be shown: the words that systemd uses are lower-case letters and dashes. */
static void print_value(Buf *buf, const char *text, const char *name)
{
	const char *value = property(text, name);
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyz-");

	buf_printf(buf, "%.*s", n < STATE_TEXT_MAX ? (int)n : STATE_TEXT_MAX, value);
}

/* After the block that text is in. */
static const char *next_block(const char *text)
{
	const char *end = strstr(text, "\n\n");

	return end ? end + 2 : "";
}

/* systemd.exec(5) writes codes of <signal.h>: 1 for an exit status, 2 and 3 for signals. */
static void print_end(Buf *buf, const char *text)
{
	const char *code = property(text, "ExecMainCode"),
		   *status = property(text, "ExecMainStatus");
	size_t n = strspn(status, "0123456789");

	if (n == 0 || n > 3 || !is_set(text, "ExecMainCode") || !is_set(text, "ExecMainStatus"))
		return;
	buf_printf(buf, ", %s %.*s", *code == '1' ? "status" : "signal", (int)n, status);
}

/* "failed (failed, exit-code, status 203)" */
static void print_state(Buf *buf, const char *text)
{
	size_t before = buf->size;

	print_value(buf, text, "ActiveState");
	if (buf->size == before)
		buf_puts(buf, "unknown");
	buf_puts(buf, " (");
	print_value(buf, text, "SubState");
	if (*property(text, "Result") && !property_is(text, "Result", "success")) {
		buf_puts(buf, ", ");
		print_value(buf, text, "Result");
		print_end(buf, text);
	} else if (*property(text, "LoadState") && !property_is(text, "LoadState", "loaded")) {
		buf_puts(buf, ", not begun, since systemd does not take its file: ");
		print_value(buf, text, "LoadState");
	} else if (property_is(text, "ConditionTimestampMonotonic", "0")) {
		buf_puts(buf, ", not begun, since a unit that it needs did not start");
	} else if (is_skipped(text)) {
		buf_puts(buf, ", skipped because a condition of it is not met");
	}
	buf_puts(buf, ")");
}

int readiness_check(const char *text, char *const *units, const char **ret_unit, char **ret_state,
	Error **ret_error)
{
	bool again = false;

	STRV_FOREACH (unit, units) {
		_cleanup_buf_ Buf buf = { 0 };
		bool up = was_up(text), wait = is_tried_again(text);
		int r;

		if (up || wait) {
			again = again || !up;
			text = next_block(text);
			continue;
		}
		print_state(&buf, text);
		r = buf_take(&buf, ret_state, ret_error);
		if (r < 0)
			return r;
		*ret_unit = *unit;
		return READINESS_DOWN;
	}
	return again ? READINESS_AGAIN : READINESS_UP;
}

int readiness_outcome(const char *text, char *const *units, int64_t now, Outcome *ret)
{
	_cleanup_outcome_ Outcome outcome = { 0 };
	size_t asked = strv_length(units), failed = 0;
	bool between = false;

	for (size_t i = 0; *text; i++, text = next_block(text)) {
		int r;

		between = between ||
			  (i < asked && (property_is(text, "ActiveState", "activating") ||
						property_is(text, "ActiveState", "deactivating")));
		if (!property_is(text, "ActiveState", "failed"))
			continue;
		failed += i < asked;
		r = outcome_add_failed(&outcome, property(text, "Id"), property(text, "Result"),
			property_is(text, "ExecMainCode", "2") ||
				property_is(text, "ExecMainCode", "3"),
			(int)(strtoul(property(text, "ExecMainStatus"), NULL, 10) & 0xff), now);
		if (r < 0)
			return r;
	}
	if (outcome.n_units > 0)
		outcome.verdict = failed == asked ? OUTCOME_FAILED : OUTCOME_DEGRADED;
	*ret = outcome;
	outcome = (Outcome){ 0 };
	return between;
}

/* So many of the lines, from one end, as have room; one in any case. */
static size_t fitting(char *const *lines, size_t n, bool backwards, size_t most, size_t room)
{
	size_t count = 0;

	for (size_t size = 0; count < n && count < most; count++) {
		size += strlen(lines[backwards ? n - 1 - count : count]);
		if (size > room && count > 0)
			break;
	}
	return count;
}

/* What matters is at the end, or at the beginning with a long trace behind it. */
static char *quote_lines(const char *text, bool backwards)
{
	const size_t size = strlen(text);
	_cleanup_free_ char *clean = malloc(size + 2);
	_cleanup_strv_ char **lines = NULL;
	_cleanup_buf_ Buf buf = { 0 };
	size_t n, head, tail;
	char *result = NULL;
	int filter = 0;

	if (!clean)
		return NULL;
	if (!backwards && size > LOG_TEXT_MAX)
		text += size - LOG_TEXT_MAX;
	clean[text_filter(&filter, text, MIN(size, LOG_TEXT_MAX), clean)] = '\0';
	if (strv_split(&lines, clean, "\n") < 0)
		return NULL;
	n = strv_length(lines);
	for (size_t i = 0; backwards && i < n / 2; i++) {
		char *line = lines[i];

		lines[i] = lines[n - 1 - i];
		lines[n - 1 - i] = line;
	}
	tail = fitting(lines, n, true, LOG_TAIL_LINES, LOG_TAIL_MAX);
	head = fitting(lines, n - tail, false, LOG_HEAD_LINES, LOG_HEAD_MAX);
	for (size_t i = 0; i < n; i++)
		if (i < head || i >= n - tail)
			buf_printf(&buf, "\n  %.*s", (int)LOG_HEAD_MAX, lines[i]);
		else if (i == head)
			buf_printf(&buf, "\n  [%zu lines left out]", n - head - tail);
	return buf_take(&buf, &result, NULL) < 0 ? NULL : result;
}

char *readiness_log_lines(const char *text)
{
	return quote_lines(text, true);
}

int readiness_ended_early(bool told, int status, const Console *console, Error **ret_error)
{
	_cleanup_free_ char *tail = NULL, *lines = NULL;

	if (console_tail(console, &tail, ret_error) < 0)
		return -ENOMEM;
	lines = quote_lines(tail, false);
	if (!lines)
		return error_oom(ret_error);
	if (told)
		return error_set(ret_error, ECANCELED, "it was stopped before it was ready");
	return error_set(ret_error, ECHILD, "it ended before it was ready, with %s %d%s%s",
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		*lines ? "; its console said last:" : "", lines);
}
