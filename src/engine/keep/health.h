/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is what the container is for in order? A command of the administrator's, run inside now and then, says so by its status. Root inside can make it say
 * what he likes: it is the state of his own container.
 */
#pragma once

#include "engine/keep/inquiry.h"
#include "engine/keep/state.h"

typedef struct Health {
	Loop *loop;
	void (*changed)(void *data, RunHealth health);
	void *data;
	Inquiry inquiry;
	LoopTimer next, timeout;
	const char *cgroup; /* of the container, borrowed; NULL: it has none */
	EnterSpec container; /* its Spec has the command and the times */
	RunHealth health;
	uint32_t failures; /* in a row */
} Health;

void health_init(
	Health *health, Loop *loop, void (*changed)(void *data, RunHealth health), void *data);
/* Checks at once, what is known as starting, and then again and again. Without a command nothing happens. */
void health_begin(Health *health, const EnterSpec *container, const char *cgroup);
void health_stop(Health *health);
