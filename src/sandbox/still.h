/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container whose files do not change meanwhile: it does not run and cannot be started, or all of its processes are paused.
 */
#pragma once

#include "sandbox/name-lock.h"

typedef struct Still {
	char *name, *cgroup; /* of what is resumed at the end; NULL: nothing */
} Still;

/* pause: one that runs is paused; else it is -EBUSY. What the administrator has paused stays so. */
int still_begin(const Container *c, NameLock *lock, bool pause, Still *ret, Error **ret_error);
void still_end(Still *still);
#define _cleanup_still_ _cleanup_(still_end)
