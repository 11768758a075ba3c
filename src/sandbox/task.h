/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far a verb is, for a task that does it (vsb_task_new()): elsewhere nobody hears it.
 */
#pragma once

#include <stddef.h>

/* "starting", of a container, say. */
void task_step(const char *what, const char *name);
/* As a vsb_progress. */
void task_progress(const char *what, size_t done, size_t all, void *unused);
