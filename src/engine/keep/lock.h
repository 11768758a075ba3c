/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may run a container: its supervisor holds this lock for its whole life, so that two can never run, and what a killed one
 * left can be told from what a living one has. A command that needs the container stopped holds it, too. The file goes with its holder.
 *
 * The order of locks, for all who take more than one (docs/ARCHITECTURE.md has the table):
 *   the name's (sandbox/registry.c), this one, a store's (file_lock(): addresses, labels), that of the network's links.
 * Who has one takes none that comes before it, and nobody waits for the first two: they are there or it is -EBUSY. The others are held for
 * moments, and file_lock() gives up after a time. It is the process's: whoever opens and closes the file once more in it has lost it.
 */
#pragma once

#include "base/error.h"

/* -EBUSY: somebody holds it. Makes LAYOUT_RUN where it is missing. */
int lock_take(const char *name, int *ret_fd, Error **ret_error);
/* Removes the file and closes *fd. */
void lock_drop(const char *name, int *fd);
