/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * events: what happened to containers, and what happens.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "engine/keep/event-log.h"
#include "sandbox/audit.h"
#include "sandbox/event-reader.h"
#include "sandbox/handle.h"

struct vsb_event {
	int64_t usec;
	char *container, *name, *reason;
	const char *json;
};

typedef struct Teller {
	vsb_event_call call;
	void *data;
	Audit *audit; /* NULL: labels are not read */
	char **denied; /* lines that are not told yet */
	size_t n_told; /* of them */
} Teller;

static void event_done(vsb_event *event)
{
	free(event->container);
	free(event->name);
	free(event->reason);
}

/* The text of a key of a line that we wrote, where keys come before the texts that could hold one: with its quotes and backslashes, other escapes as they are. */
static char *text_of(const char *line, const char *key)
{
	const char *at = strstr(line, key);
	char *text = at ? strdup(at + strlen(key)) : NULL, *out = text;

	for (const char *in = text; in && *in && *in != '"'; in++) {
		if (*in == '\\' && (in[1] == '"' || in[1] == '\\'))
			in++;
		*out++ = *in;
	}
	if (out)
		*out = '\0';
	return text;
}

static bool tell(const char *line, void *data)
{
	const Teller *teller = data;
	__attribute__((cleanup(event_done))) vsb_event event = {
		.container = text_of(line, "\"container\":\""),
		.name = text_of(line, "\"event\":\""),
		.reason = text_of(line, "\"reason\":\""),
		.json = line,
	};

	/* Half a line is one whose writer found the disk full. */
	if (sscanf(line, "{\"usec\":%" SCNd64 ",", &event.usec) != 1 || !event.container ||
		!event.name || line[strlen(line) - 1] != '}')
		return true;
	return teller->call(&event, teller->data);
}

static int64_t usec_of(const char *line)
{
	int64_t usec = 0;

	(void)sscanf(line, "{\"usec\":%" SCNd64 ",", &usec);
	return usec;
}

static bool tell_denied(Teller *teller, int64_t before)
{
	bool go_on = true;

	while (go_on && teller->denied && teller->denied[teller->n_told] &&
		usec_of(teller->denied[teller->n_told]) < before)
		go_on = tell(teller->denied[teller->n_told++], teller);
	return go_on;
}

static bool tell_in_order(const char *line, void *data)
{
	return tell_denied(data, usec_of(line)) && tell(line, data);
}

static bool keep_denied(const char *line, void *data)
{
	Teller *teller = data;
	_cleanup_free_ char *event = audit_event(teller->audit, line);

	if (event)
		(void)strv_append(&teller->denied, event); /* without memory the rest fails, too */
	return true;
}

static bool hear_denied(const char *line, void *data)
{
	Teller *teller = data;
	_cleanup_free_ char *event = audit_event(teller->audit, line);

	return !event || tell(event, data);
}

/* Labels are read from the host's log, where there is one: `audit` says why there is none. */
static int read_all(Teller *teller, Error **ret_error)
{
	int r;

	(void)audit_log_read(keep_denied, teller, NULL);
	r = events_read(tell_in_order, teller, ret_error);
	if (r == 0)
		(void)tell_denied(teller, INT64_MAX);
	strv_free(teller->denied);
	return r;
}

PUBLIC int vsb_events(bool follow, vsb_event_call call, void *data, vsb_error **error)
{
	_cleanup_audit_ Audit *audit = NULL;
	Teller teller = { .call = call, .data = data };
	int r = sandbox_begin(error);

	if (r == 0)
		r = audit_open(NULL, &audit, error);
	if (r < 0)
		return r;
	teller.audit = audit;
	r = follow ? events_follow(-1, hear_denied, tell, &teller, error)
		   : read_all(&teller, error);
	return r < 0 ? r : 0;
}

struct vsb_watch {
	Follower *follower;
};

PUBLIC int vsb_watch_new(vsb_watch **ret, vsb_error **error)
{
	Follower *follower;
	vsb_watch *watch;
	int r = sandbox_begin(error);

	if (r == 0)
		r = follower_new(&follower, error);
	if (r < 0)
		return r;
	watch = malloc(sizeof(*watch));
	if (!watch) {
		follower_free(follower);
		return error_oom(error);
	}
	watch->follower = follower;
	*ret = watch;
	return 0;
}

PUBLIC int vsb_watch_fd(const vsb_watch *watch)
{
	return follower_fd(watch->follower);
}

PUBLIC void vsb_watch_dispatch(vsb_watch *watch, vsb_event_call call, void *data)
{
	Teller teller = { .call = call, .data = data };

	(void)follower_take(watch->follower, tell, &teller);
}

PUBLIC void vsb_watch_free(vsb_watch *watch)
{
	if (watch)
		follower_free(watch->follower);
	free(watch);
}

PUBLIC bool vsb_event_is_known(const char *name)
{
	for (EventKind kind = 0; kind < _EVENT_KIND_MAX; kind++)
		if (strcmp(event_kind_name(kind), name) == 0)
			return true;
	return false;
}

PUBLIC int64_t vsb_event_usec(const vsb_event *event)
{
	return event->usec;
}

PUBLIC const char *vsb_event_container(const vsb_event *event)
{
	return event->container;
}

PUBLIC const char *vsb_event_name(const vsb_event *event)
{
	return event->name;
}

PUBLIC const char *vsb_event_reason(const vsb_event *event)
{
	return event->reason;
}

PUBLIC const char *vsb_event_json(const vsb_event *event)
{
	return event->json;
}
