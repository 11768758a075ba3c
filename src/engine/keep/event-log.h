/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happened to containers, for who asks later: LAYOUT_RESERVATIONS/events, a line of JSON for each event, oldest first; when it is full it becomes
 * events.old, and what that was is gone.
 */
#pragma once

#include "engine/keep/outcome.h"

#define EVENT_LOG_MAX (1024 * 1024) /* bytes of each of the two files */
#define EVENT_LINE_MAX 4096 /* bytes; a longer one loses its reason */

typedef enum EventKind {
	EVENT_START, /* it begins to */
	EVENT_READY,
	EVENT_START_FAILED,
	EVENT_DEGRADED, /* a unit has failed */
	EVENT_FAILED, /* all that was asked for has */
	EVENT_RECOVERED,
	EVENT_HEALTHY,
	EVENT_UNHEALTHY,
	EVENT_OOM, /* the kernel killed some of its processes: its memory limit was reached */
	EVENT_STOPPED, /* it was told to end */
	EVENT_ENDED, /* it ended by itself */
	EVENT_RESTARTED, /* it rebooted */
	EVENT_SUSPENDED,
	EVENT_RESUMED,
	EVENT_STALE, /* an upgrade of the host replaced what it runs */
	EVENT_CREATED,
	EVENT_DELETED,
	EVENT_RESTORED, /* its content is that of a snapshot */
	EVENT_RENAMED, /* told of both names */
	EVENT_DEFINED, /* of a domain: its document is kept */
	EVENT_UNDEFINED,
	EVENT_RENEWED, /* what it follows has changed on the host, and its units reload it */
	EVENT_NOT_RENEWED, /* has changed, and cannot be brought: it keeps what it had */
	EVENT_NETWORK_LOST, /* rules or a bridge that hold its network have gone */
	EVENT_NETWORK_RESTORED,
	EVENT_DENIED, /* its label; in no log of ours, see sandbox/audit.c */
	_EVENT_KIND_MAX,
} EventKind;

const char *event_kind_name(EventKind kind);

/* Of the outcome, which may be NULL, goes along what belongs to the event. Best effort: a container runs on without. */
void event_log(const char *container, EventKind kind, const Outcome *outcome);
_printf_(3, 4) void event_log_reason(
	const char *container, EventKind kind, const char *format, ...);
