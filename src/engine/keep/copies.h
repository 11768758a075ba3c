/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container's copies of what the host has elsewhere: made before each start, and followed while it runs.
 */
#pragma once

#include "base/loop.h"
#include "engine/spec/spec.h"
#include "label/label.h"

#define COPIES_SETTLE_MSEC                                                                         \
	200 /* from a change until it is copied: they come in groups, as a key and its certificate */
#define COPIES_GAP 10u /* seconds between two times that the container is told */

typedef struct CopiesCalls {
	bool (*renewed)(void *data); /* false: not now, ask again */
	void (*servers)(void *data, char *const *servers); /* its name servers are others now */
	void (*failed)(void *data, const Error *error); /* the copy stays as it was; told once */
} CopiesCalls;

typedef struct Copies {
	Loop *loop;
	const CopiesCalls *calls;
	void *data;
	const Spec *spec;
	const Label *label;
	int inotify_fd;
	LoopWatch watch;
	LoopTimer settle, tell;
	Deadline earliest; /* that it may be told again */
	bool untold; /* something was renewed */
	char **servers; /* name servers that its resolv.conf lists */
	char **names, **directories; /* what is watched */
	struct CopiesPlace *places; /* by the numbers of inotify */
	size_t n_places;
	char *complaint; /* the last one */
} Copies;

void copies_init(Copies *copies, Loop *loop, const CopiesCalls *calls, void *data);
/* Before a start: afterwards copies->servers are the name servers that it begins with. */
int copies_make(Copies *copies, const Spec *spec, const Label *label, Error **ret_error);
/* After what the specification says of them has changed. */
void copies_look(Copies *copies);
void copies_done(Copies *copies);
/* Nothing to follow: nothing is done. */
void copies_follow(Copies *copies, const Spec *spec, const Label *label);
void copies_stop(Copies *copies);
