/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may run a container: its supervisor holds this lock for its whole life, so that two can never run, and what a killed one
 * left can be told from what a living one has. A command that needs the container stopped holds it, too. The file goes with its holder.
 *
 * The order of locks, for all who take more than one (docs/ARCHITECTURE.md has the table):
 *   the name's (sandbox/registry.c), this one, a store's (file_lock(): addresses, labels), that of the network's links.
 * Who has one takes none that comes before it, and nobody waits for the first two: they are there or it is -EBUSY. But for one: a supervisor whose
 * container has ended says so (lock_tell_end()), and lets go when it has put away what that ran with. The others are held for
 * moments, and file_lock() gives up after a time. It is the process's: whoever opens and closes the file once more in it has lost it.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define LOCK_END_TIMEOUT 30 /* seconds: longer than what a supervisor does last takes */

/* -EBUSY: somebody holds it, and does not let go of it soon. Makes LAYOUT_RUN where it is missing. */
int lock_take(const char *name, int *ret_fd, Error **ret_error);
/* By the holder: all that it does from now on is to put away. */
void lock_tell_end(int fd);
/* Whether its holder has said so. These two are not for a process that may hold it itself. */
bool lock_is_ending(const char *name);
/* Waits until no such holder has it. -EBUSY: still one after LOCK_END_TIMEOUT. */
int lock_await_end(const char *name, Error **ret_error);
/* Removes the file and closes *fd. */
void lock_drop(const char *name, int *fd);
