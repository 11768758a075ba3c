/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is every unit of the container really up?
 */
#include "engine/keep/readiness.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "base/text.h"

#define LOG_LINES "12" /* of the journal of a unit that failed */
#define LOG_TEXT_MAX 2048u /* bytes of them */
#define STATE_TEXT_MAX 64 /* bytes of one state that we repeat */

/* systemctl(1), journalctl(1): these options are older than every systemd that runs in a container. */
static const char *const show[] = { "systemctl", "show", "--no-pager", "-p",
	"Id,Type,ActiveState,SubState,Result", "--", NULL };
static const char *const journal[] = { "journalctl", "--no-pager", "-q", "-o", "cat", "-n",
	LOG_LINES, "-u", NULL };
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
	return command(show, units);
}

char **readiness_journal_command(const char *unit)
{
	return command(journal, (char *[]){ (char *)unit, NULL });
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

static bool is_up(const char *text)
{
	if (property_is(text, "ActiveState", "active") ||
		property_is(text, "ActiveState", "reloading"))
		return true;
	/* One that does something and ends, and has. */
	return property_is(text, "ActiveState", "inactive") &&
	       property_is(text, "Type", "oneshot") && property_is(text, "Result", "success");
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

int readiness_check(const char *text, char *const *units, const char **ret_unit, char **ret_state,
	Error **ret_error)
{
	STRV_FOREACH (unit, units) {
		_cleanup_buf_ Buf buf = { 0 };
		int r;

		if (is_up(text)) {
			text = next_block(text);
			continue;
		}
		print_value(&buf, text, "ActiveState");
		if (buf.size == 0)
			buf_puts(&buf, "unknown");
		buf_puts(&buf, " (");
		print_value(&buf, text, "SubState");
		if (*property(text, "Result") && !property_is(text, "Result", "success")) {
			buf_puts(&buf, ", ");
			print_value(&buf, text, "Result");
		}
		buf_puts(&buf, ")");
		r = buf_take(&buf, ret_state, ret_error);
		if (r < 0)
			return r;
		*ret_unit = *unit;
		return 1;
	}
	return 0;
}

char *readiness_log_lines(const char *text)
{
	_cleanup_free_ char *clean = malloc(strlen(text) + 2);
	_cleanup_buf_ Buf buf = { 0 };
	char *line, *state = NULL, *result = NULL;
	int filter = 0;
	size_t size;

	if (!clean)
		return NULL;
	size = text_filter(&filter, text, strlen(text), clean);
	clean[size] = '\0';
	line = size > LOG_TEXT_MAX ? clean + size - LOG_TEXT_MAX : clean;
	for (line = strtok_r(line, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
		buf_printf(&buf, "\n  %s", line);
	return buf_take(&buf, &result, NULL) < 0 ? NULL : result;
}
