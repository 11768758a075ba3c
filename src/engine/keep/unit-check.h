/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Are the units of a container up, and if one is not, why: questions to the systemd inside, and to its journal.
 */
#pragma once

#include "engine/keep/inquiry.h"

typedef struct UnitCheckCalls {
	void (*up)(void *data, const char *answer); /* all of them; what the systemd inside said */
	void (*failed)(void *data, Error **error); /* the receiver may take the error */
} UnitCheckCalls;

typedef struct UnitCheck {
	Loop *loop;
	Inquiry *inquiry;
	const UnitCheckCalls *calls;
	void *data;
	EnterSpec container; /* its Spec names the units */
	int64_t since; /* of the journal: seconds since the epoch */
	LoopTimer again; /* for a unit that is just being tried again */
	const char *down; /* the unit that did not start; borrowed from the Spec */
	Error *error; /* and what is known of it so far */
} UnitCheck;

void unit_check_init(UnitCheck *check, Loop *loop, const UnitCheckCalls *calls, void *data);
/* Asks by this inquiry, which is idle. One of the calls follows, unless the check is stopped. */
void unit_check_begin(
	UnitCheck *check, Inquiry *inquiry, const EnterSpec *container, int64_t since);
/* The inquiry itself is its owner's to stop. */
void unit_check_stop(UnitCheck *check);
