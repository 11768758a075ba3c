/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may run a container: its supervisor holds this lock for its whole life, so that two can never run, and what a killed one
 * left can be told from what a living one has. The file goes with its holder.
 */
#pragma once

#include "base/error.h"

/* -EBUSY: somebody holds it. Makes LAYOUT_RUN where it is missing. */
int lock_take(const char *name, int *ret_fd, Error **ret_error);
/* Removes the file and closes *fd. */
void lock_drop(const char *name, int *fd);
