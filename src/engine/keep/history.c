/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The history of a container.
 */
#include "engine/keep/history.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/keep/notify.h"

#define REASON_MAX 1024u /* bytes */
#define STATUS_MAX 512 /* bytes of a status line */

void history_ready(const char *name)
{
	event_log(name, EVENT_READY, NULL);
}

void history_killed(const char *name, uint64_t processes)
{
	event_log_reason(name, EVENT_OOM,
		"memory ran out, and the kernel killed %" PRIu64 " process%s", processes,
		processes == 1 ? "" : "es");
}

static void tell_status(const Outcome *outcome)
{
	_cleanup_free_ char *sentence = outcome_sentence(outcome);
	char text[STATUS_MAX];

	(void)snprintf(text, sizeof(text), "STATUS=%s%s%s",
		outcome->verdict == OUTCOME_GOOD ? "running"
						 : outcome_verdict_name(outcome->verdict),
		sentence ? ": " : "", sentence ? sentence : "");
	notify_send(text);
}

void history_units(const char *name, OutcomeVerdict before, const Outcome *now)
{
	static const EventKind kinds[_OUTCOME_VERDICT_MAX] = {
		[OUTCOME_GOOD] = EVENT_RECOVERED,
		[OUTCOME_DEGRADED] = EVENT_DEGRADED,
		[OUTCOME_FAILED] = EVENT_FAILED,
	};

	if (now->verdict == OUTCOME_GOOD)
		outcome_forget(name);
	else
		(void)outcome_save(name, now, NULL);
	if (now->verdict != OUTCOME_GOOD || before != OUTCOME_GOOD)
		event_log(name, kinds[now->verdict], now);
	tell_status(now);
}

/* On one line, not too long: the whole of it was told to who started it. */
static char *one_line(const char *message)
{
	char *line = strndup(message, REASON_MAX), *end = line;

	for (const char *from = line; from && *from; from++)
		if (*from != '\n')
			*end++ = *from;
		else if (from[1] != '\n')
			*end++ = ' ';
	if (end)
		*end = '\0';
	return line;
}

void history_start_failed(const char *name, const Error *error, const HistoryEnd *end)
{
	Outcome outcome = { .verdict = OUTCOME_FAILED,
		.time = (int64_t)time(NULL),
		.reason = one_line(error_message(error)) };

	if (end) {
		outcome.ended = true;
		outcome.status = end->status;
		(void)console_tail(end->console, &outcome.said, NULL); /* or it is not kept */
	}
	(void)outcome_save(name, &outcome, NULL);
	event_log(name, EVENT_START_FAILED, &outcome);
	outcome_done(&outcome);
}

/* reboot(2) inside a pid namespace ends PID 1 with SIGINT for a power off, with SIGHUP for a restart. */
static bool is_clean(const HistoryEnd *end)
{
	if (end->told || end->reboots)
		return true;
	return WIFSIGNALED(end->status) ? WTERMSIG(end->status) == SIGINT && !end->console
					: WEXITSTATUS(end->status) == 0;
}

void history_end(const char *name, const HistoryEnd *end)
{
	Outcome outcome = *end->units; /* borrowed, but for what is said */

	outcome.said = NULL;
	outcome.time = (int64_t)time(NULL);
	outcome.ended = !end->told && !end->reboots && (end->console || !is_clean(end));
	outcome.status = end->status;
	if (!is_clean(end))
		outcome.verdict = OUTCOME_FAILED;
	if (end->console)
		(void)console_tail(end->console, &outcome.said, NULL);
	if (outcome.said || outcome.verdict != OUTCOME_GOOD)
		(void)outcome_save(name, &outcome, NULL);
	event_log(name,
		end->reboots ? EVENT_RESTARTED
		: end->told  ? EVENT_STOPPED
			     : EVENT_ENDED,
		&outcome);
	free(outcome.said);
}
