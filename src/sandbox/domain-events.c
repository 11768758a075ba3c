/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for what happens to domains, in libvirt's words.
 */
#include <stdio.h>
#include <string.h>

#include "engine/keep/event-log.h"
#include "sandbox/domain-store.h"
#include "sandbox/event-reader.h"
#include "sandbox/handle.h"

typedef struct Listener {
	vsb_domain_event call;
	void *data;
} Listener;

/* libvirt's words for them; what is not there is none of a domain's life. */
static const struct {
	EventKind kind;
	const char *event, *detail;
} words[] = {
	{ EVENT_READY, "Started", "Booted" },
	{ EVENT_START_FAILED, "Stopped", "Failed" },
	{ EVENT_STOPPED, "Stopped", "Destroyed" },
	{ EVENT_ENDED, "Stopped", "Shutdown" },
	{ EVENT_SUSPENDED, "Suspended", "Paused" },
	{ EVENT_RESUMED, "Resumed", "Unpaused" },
	{ EVENT_DEFINED, "Defined", "Added" },
	{ EVENT_UNDEFINED, "Undefined", "Removed" },
};

/* The value of a key of the line, which is ours: a name needs no escapes that would be shown otherwise. */
static bool value_of(const char *line, const char *key, char *ret, size_t size)
{
	const char *at = strstr(line, key);

	if (!at)
		return false;
	at += strlen(key);
	(void)snprintf(ret, size, "%.*s", (int)strcspn(at, "\""), at);
	return true;
}

static bool tell(const char *line, void *data)
{
	const Listener *listener = data;
	char container[256], event[64];

	if (!value_of(line, "\"container\":\"", container, sizeof(container)) ||
		!value_of(line, "\"event\":\"", event, sizeof(event)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(event_kind_name(words[i].kind), event) == 0)
			return listener->call(
				container, words[i].event, words[i].detail, listener->data);
	return true;
}

PUBLIC int vsb_domain_events(int seconds, vsb_domain_event call, void *data, vsb_error **error)
{
	Listener listener = { call, data };
	int r = sandbox_begin(error);

	return r < 0 ? r : events_follow(seconds, NULL, tell, &listener, error);
}
