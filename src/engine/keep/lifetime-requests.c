/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/keep/lifetime-requests.h"

#include <stdio.h>

#include "engine/keep/held-ports.h"
#include "engine/keep/lifetime-parts.h"
#include "engine/keep/live-change.h"
#include "engine/keep/reach-change.h"
#include "engine/keep/resolver-change.h"
#include "engine/keep/saved-spec.h"

#define HOLD_SECONDS 3 /* between two looks at who holds the ports */

/* Those who waited for a restart. What keeps the rules from being made is in the journal, and in list. */
void lifetime_let_in(Lifetime *l)
{
	_cleanup_error_ Error *error = NULL;
	bool held = l->publisher.held;

	network_keeper_pause(&l->networks);
	if (publisher_open(&l->publisher, l->spec, &error) < 0)
		(void)fprintf(stderr, "container %s: %s\n", l->name,
			error ? error_message(error) : "its published ports are not relayed");
	if (held) /* what changed meanwhile was saved without them */
		(void)saved_spec_write(l->directory.fd, l->spec, NULL);
	if (network_keeper_begin(&l->networks, l->spec, NULL) == 0)
		network_keeper_look(&l->networks);
}

int lifetime_publish(void *data, char *const *list, Error **ret_error)
{
	Lifetime *l = data;

	if (l->phase != PHASE_RUNNING && l->phase != PHASE_STARTING)
		return error_set(ret_error, EBUSY, "the container is stopping");
	return publisher_change(&l->publisher, l->spec, list, l->directory.fd, ret_error);
}

/* Who wanted to restart it may have been killed. */
static void on_hold_check(void *data)
{
	Lifetime *l = data;

	if (!l->publisher.held || l->phase != PHASE_RUNNING)
		return;
	if (held_ports_are_held(l->name))
		loop_set_timer(
			l->loop, &l->hold_check, deadline_in(HOLD_SECONDS), on_hold_check, l);
	else
		lifetime_let_in(l);
}

int lifetime_hold_ports(void *data, char **ret, Error **ret_error)
{
	Lifetime *l = data;
	int r, q;

	if (l->phase != PHASE_RUNNING)
		return error_set(ret_error, EBUSY, "the container is starting or stopping");
	network_keeper_pause(&l->networks); /* what is withdrawn is not lost */
	r = publisher_hold(&l->publisher, l->spec, ret, ret_error);
	q = network_keeper_begin(&l->networks, l->spec, r < 0 ? NULL : ret_error);
	loop_set_timer(l->loop, &l->hold_check, deadline_in(HOLD_SECONDS), on_hold_check, l);
	return r < 0 ? r : q;
}

int lifetime_change(void *data, Error **ret_error)
{
	Lifetime *l = data;
	int r, q;

	if (!l->run || (l->phase != PHASE_RUNNING && l->phase != PHASE_STARTING))
		return error_set(ret_error, EBUSY, "the container is starting or stopping");
	network_keeper_pause(&l->networks); /* one that is taken away is not lost */
	r = live_change(l->spec, l->run, l->directory.fd, ret_error);
	q = network_keeper_begin(&l->networks, l->spec, r < 0 ? NULL : ret_error);
	if (q == 0)
		network_keeper_look(&l->networks);
	return r < 0 ? r : q;
}

int lifetime_reach(void *data, char *const *lines, Error **ret_error)
{
	Lifetime *l = data;

	if (l->phase != PHASE_RUNNING && l->phase != PHASE_STARTING)
		return error_set(ret_error, EBUSY, "the container is stopping");
	return reach_say(l->spec, lines, l->directory.fd, ret_error);
}

int lifetime_resolver(void *data, char *const *lines, Error **ret_error)
{
	Lifetime *l = data;
	int r;

	if (l->phase != PHASE_RUNNING)
		return error_set(ret_error, EBUSY, "the container is starting or stopping");
	r = resolver_say(l->spec, lines, l->directory.fd, ret_error);
	if (r == 0)
		copies_look(&l->copies);
	return r;
}
