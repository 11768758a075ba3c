/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The outcome of a container: a file of lines "key=value".
 */
#include "engine/keep/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/layout.h"

#define FOLDER "outcomes"

static const char *const verdict_names[_OUTCOME_VERDICT_MAX] = {
	[OUTCOME_GOOD] = "good",
	[OUTCOME_DEGRADED] = "degraded",
	[OUTCOME_FAILED] = "failed",
};

const char *outcome_verdict_name(OutcomeVerdict verdict)
{
	return verdict_names[verdict];
}

void outcome_done(Outcome *outcome)
{
	for (size_t i = 0; i < outcome->n_units; i++)
		free(outcome->units[i].name);
	free(outcome->units);
	free(outcome->reason);
	free(outcome->said);
	*outcome = (Outcome){ 0 };
}

/* A zeroed one; NULL without memory or above the limit. */
static OutcomeUnit *add_unit(Outcome *outcome)
{
	if (outcome->n_units >= OUTCOME_UNITS_MAX ||
		array_room(&outcome->units, outcome->n_units, sizeof(*outcome->units)) < 0)
		return NULL;
	outcome->units[outcome->n_units] = (OutcomeUnit){ 0 };
	return &outcome->units[outcome->n_units++];
}

const OutcomeUnit *outcome_unit(const Outcome *outcome, const char *name)
{
	for (size_t i = 0; i < outcome->n_units; i++)
		if (outcome->units[i].name && strcmp(outcome->units[i].name, name) == 0)
			return &outcome->units[i];
	return NULL;
}

size_t outcome_name_length(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789:-_.\\@";
	size_t n = strspn(text, letters);

	return n <= OUTCOME_NAME_MAX && (text[n] == '\n' || !text[n]) ? n : 0;
}

int outcome_add_failed(Outcome *outcome, const char *name, const char *result, bool signaled,
	int number, int64_t now)
{
	_cleanup_free_ char *copy = strndup(name, outcome_name_length(name));
	OutcomeUnit *unit;

	if (!copy)
		return -ENOMEM;
	if (!*copy || outcome_unit(outcome, copy) || outcome->n_units == OUTCOME_UNITS_MAX)
		return 0;
	unit = add_unit(outcome);
	if (!unit)
		return -ENOMEM;
	unit->name = TAKE_PTR(copy);
	(void)snprintf(unit->result, sizeof(unit->result), "%.*s",
		(int)strspn(result, "abcdefghijklmnopqrstuvwxyz-"), result);
	unit->signaled = signaled;
	unit->number = number;
	unit->time = now;
	return 0;
}

static int format(const Outcome *outcome, char **ret, Error **ret_error)
{
	_cleanup_buf_ Buf buf = { 0 };

	buf_printf(&buf, "verdict=%s\n", outcome_verdict_name(outcome->verdict));
	if (outcome->time)
		buf_printf(&buf, "time=%" PRId64 "\n", outcome->time);
	if (outcome->ended)
		buf_printf(&buf, "status=%d\n", outcome->status);
	if (outcome->reason)
		buf_printf(&buf, "reason=%s\n", outcome->reason);
	for (size_t i = 0; i < outcome->n_units; i++) {
		const OutcomeUnit *u = &outcome->units[i];

		buf_printf(&buf, "unit=%s %s %s %d %" PRId64 "\n", u->name,
			*u->result ? u->result : "-", u->signaled ? "signal" : "status", u->number,
			u->time);
	}
	if (outcome->said) /* the last: it may be of many lines */
		buf_printf(&buf, "said=\n%s", outcome->said);
	return buf_take(&buf, ret, ret_error);
}

static int parse_verdict(Outcome *outcome, const char *value)
{
	for (OutcomeVerdict v = 0; v < _OUTCOME_VERDICT_MAX; v++)
		if (strcmp(value, verdict_names[v]) == 0) {
			outcome->verdict = v;
			return 0;
		}
	return -EBADMSG;
}

static int parse_unit(Outcome *outcome, const char *value)
{
	OutcomeUnit *unit = add_unit(outcome);
	char how[8];
	int end = 0;

	if (!unit)
		return -EBADMSG;
	if (sscanf(value, "%m[^ ] %31[^ ] %7[^ ] %d %" SCNd64 "%n", &unit->name, unit->result, how,
		    &unit->number, &unit->time, &end) != 5 ||
		value[end] != '\0')
		return -EBADMSG;
	unit->signaled = strcmp(how, "signal") == 0;
	if (strcmp(unit->result, "-") == 0)
		unit->result[0] = '\0';
	return 0;
}

static int parse_line(Outcome *outcome, const char *line)
{
	int end = 0;

	if (strncmp(line, "verdict=", 8) == 0)
		return parse_verdict(outcome, line + 8);
	if (strncmp(line, "unit=", 5) == 0)
		return parse_unit(outcome, line + 5);
	if (strncmp(line, "reason=", 7) == 0 && !outcome->reason) {
		outcome->reason = strdup(line + 7);
		return outcome->reason ? 0 : -ENOMEM;
	}
	if (sscanf(line, "time=%" SCNd64 "%n", &outcome->time, &end) == 1)
		return line[end] ? -EBADMSG : 0;
	if (sscanf(line, "status=%d%n", &outcome->status, &end) == 1) {
		outcome->ended = true;
		return line[end] ? -EBADMSG : 0;
	}
	return -EBADMSG;
}

int outcome_parse(char *text, Outcome *ret)
{
	_cleanup_outcome_ Outcome outcome = { 0 };
	char *next = text;

	while (*next) {
		char *line = next, *end = strchr(line, '\n');
		int r;

		if (!end)
			return -EBADMSG;
		*end = '\0';
		next = end + 1;
		if (strcmp(line, "said=") == 0) {
			outcome.said = strdup(next);
			if (!outcome.said)
				return -ENOMEM;
			break;
		}
		r = parse_line(&outcome, line);
		if (r < 0)
			return r;
	}
	*ret = outcome;
	outcome = (Outcome){ 0 };
	return 0;
}

static char *outcome_path(const char *name)
{
	return layout_pathf(LAYOUT_RESERVATIONS, FOLDER "/%s", name);
}

int outcome_load(const char *name, Outcome *ret, Error **ret_error)
{
	_cleanup_free_ char *path = outcome_path(name), *text = NULL;
	int r;

	if (!path)
		return error_oom(ret_error);
	r = file_read_optional(path, &text, NULL, ret_error);
	if (r == 0)
		*ret = (Outcome){ 0 };
	if (r <= 0)
		return r;
	r = outcome_parse(text, ret);
	if (r < 0)
		return error_errno(ret_error, -r,
			"container %s: the record of its last run, %s, is damaged", name, path);
	return 0;
}

int outcome_save(const char *name, const Outcome *outcome, Error **ret_error)
{
	_cleanup_free_ char *path = outcome_path(name), *text = NULL,
			    *folder = layout_pathf(LAYOUT_RESERVATIONS, FOLDER);
	int r;

	if (!path || !folder)
		return error_oom(ret_error);
	r = format(outcome, &text, ret_error);
	if (r == 0)
		r = file_mkdir_p(folder, 0700, ret_error);
	return r == 0 ? file_write_unsynced(path, text, strlen(text), 0600, ret_error) : r;
}

void outcome_forget(const char *name)
{
	_cleanup_free_ char *path = outcome_path(name);

	if (path)
		(void)unlink(path); /* most often there is none */
}

/* "at 2026-11-27 09:14:02" */
static void print_time(Buf *buf, int64_t seconds)
{
	time_t time = (time_t)seconds;
	char text[32];
	struct tm local;

	if (localtime_r(&time, &local) && strftime(text, sizeof(text), "%F %T", &local) > 0)
		buf_printf(buf, " at %s", text);
}

static void print_end(Buf *buf, const Outcome *outcome)
{
	buf_puts(buf, "it ended");
	print_time(buf, outcome->time);
	if (WIFSIGNALED(outcome->status))
		buf_printf(buf, ", killed by signal %d", WTERMSIG(outcome->status));
	else
		buf_printf(buf, " with status %d", WEXITSTATUS(outcome->status));
}

char *outcome_sentence(const Outcome *outcome)
{
	_cleanup_buf_ Buf buf = { 0 };
	char *text = NULL;

	if (outcome->reason) {
		buf_puts(&buf, "its start failed");
		print_time(&buf, outcome->time);
		buf_printf(&buf, ": %s", outcome->reason);
	} else if (outcome->ended && outcome->status != 0) {
		print_end(&buf, outcome);
	}
	for (size_t i = 0; i < outcome->n_units; i++) {
		const OutcomeUnit *u = &outcome->units[i];

		buf_printf(&buf, "%s%s failed", buf.size > 0 ? "; " : "", u->name);
		print_time(&buf, u->time);
		buf_printf(&buf, " (%s", *u->result ? u->result : "unknown");
		if (u->number != 0)
			buf_printf(&buf, ", %s %d", u->signaled ? "signal" : "status", u->number);
		buf_puts(&buf, ")");
	}
	if (buf.size == 0)
		return NULL;
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}
