/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of events: appended to by every supervisor, in one write each.
 */
#include "engine/keep/event-log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/layout.h"

#define USEC_PER_SEC INT64_C(1000000)

static const char *const kind_names[_EVENT_KIND_MAX] = {
	[EVENT_START] = "start",
	[EVENT_READY] = "ready",
	[EVENT_START_FAILED] = "start-failed",
	[EVENT_DEGRADED] = "degraded",
	[EVENT_FAILED] = "failed",
	[EVENT_RECOVERED] = "recovered",
	[EVENT_HEALTHY] = "healthy",
	[EVENT_UNHEALTHY] = "unhealthy",
	[EVENT_OOM] = "oom",
	[EVENT_STOPPED] = "stopped",
	[EVENT_ENDED] = "ended",
	[EVENT_RESTARTED] = "restarted",
	[EVENT_SUSPENDED] = "suspended",
	[EVENT_RESUMED] = "resumed",
	[EVENT_STALE] = "stale",
	[EVENT_CREATED] = "created",
	[EVENT_DELETED] = "deleted",
	[EVENT_RESTORED] = "restored",
	[EVENT_RENAMED] = "renamed",
	[EVENT_DEFINED] = "defined",
	[EVENT_UNDEFINED] = "undefined",
	[EVENT_RENEWED] = "renewed",
	[EVENT_NOT_RENEWED] = "not-renewed",
	[EVENT_NETWORK_LOST] = "network-lost",
	[EVENT_NETWORK_RESTORED] = "network-restored",
	[EVENT_DENIED] = "denied",
};

const char *event_kind_name(EventKind kind)
{
	return kind_names[kind];
}

static int64_t now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void print_units(Buf *buf, const Outcome *outcome)
{
	buf_puts(buf, ",\"units\":[");
	for (size_t i = 0; i < outcome->n_units; i++) {
		const OutcomeUnit *u = &outcome->units[i];

		buf_printf(buf, "%s{\"unit\":", i ? "," : "");
		buf_json_string(buf, u->name);
		buf_puts(buf, ",\"result\":");
		buf_json_string(buf, u->result);
		buf_printf(buf, ",\"%s\":%d}", u->signaled ? "signal" : "status", u->number);
	}
	buf_puts(buf, "]");
}

static char *line(const char *container, EventKind kind, const Outcome *outcome, bool details)
{
	_cleanup_buf_ Buf buf = { 0 };
	char *text = NULL;

	buf_printf(&buf, "{\"usec\":%" PRId64 ",\"container\":", now_usec());
	buf_json_string(&buf, container);
	buf_printf(&buf, ",\"event\":\"%s\"", event_kind_name(kind));
	if (outcome && outcome->ended)
		buf_printf(&buf, ",\"%s\":%d", WIFSIGNALED(outcome->status) ? "signal" : "status",
			WIFSIGNALED(outcome->status) ? WTERMSIG(outcome->status)
						     : WEXITSTATUS(outcome->status));
	if (outcome && outcome->reason && details) {
		buf_puts(&buf, ",\"reason\":");
		buf_json_string(&buf, outcome->reason);
	}
	if (outcome && outcome->n_units > 0 && details)
		print_units(&buf, outcome);
	buf_puts(&buf, "}\n");
	return buf_take(&buf, &text, NULL) < 0 ? NULL : text;
}

/* Two at once find it full: the one that is late moves a file with a few lines, and what is old is gone a little early. Nothing is ever mixed. */
static void turn_over(const char *path)
{
	_cleanup_free_ char *old = layout_pathf(LAYOUT_RESERVATIONS, "events.old");

	if (old)
		(void)rename(path, old); /* then it grows on */
}

void event_log(const char *container, EventKind kind, const Outcome *outcome)
{
	_cleanup_free_ char *path = layout_pathf(LAYOUT_RESERVATIONS, "events"),
			    *text = line(container, kind, outcome, true);
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	if (text && strlen(text) > EVENT_LINE_MAX) {
		free(text);
		text = line(container, kind, outcome, false);
	}
	if (!path || !text)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	(void)!write(fd, text, strlen(text)); /* the disk may be full */
	if (fstat(fd, &st) == 0 && st.st_size > EVENT_LOG_MAX)
		turn_over(path);
}

void event_log_reason(const char *container, EventKind kind, const char *format, ...)
{
	Outcome outcome = { 0 };
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&outcome.reason, format, arguments) < 0)
		outcome.reason = NULL;
	va_end(arguments);
	event_log(container, kind, &outcome);
	free(outcome.reason);
}
