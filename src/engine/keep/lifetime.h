/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One life of a container, from nothing to nothing: bring it up, keep it, take it down. It has four phases; what moves it from one to the next is
 * decided in lifetime.c, and only there: PID 1, the commands, what the supervisor is told, answers from inside, and time. Nothing of the container's
 * is ever believed; what it says goes through notify.c, base/text.c and readiness.c.
 */
#pragma once

#include "engine/keep/lifetime-parts.h"

/* Of zeroed memory. */
void lifetime_init(Lifetime *l, const char *name, LaunchNotifier *launcher, Loop *loop);
void lifetime_done(Lifetime *l);

/* One life. Sets ->reboots where another one follows. */
int lifetime_run(Lifetime *l, Error **ret_error);
void lifetime_shut_down(Lifetime *l, unsigned int timeout);
/* 0: done; 1: begun. */
int lifetime_reload(void *lifetime, Error **ret_error);
void lifetime_tell_phase(Lifetime *l, RunPhase phase);
void lifetime_tell_end(Lifetime *l);
HistoryEnd lifetime_history(const Lifetime *l);
