/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work that undoes itself: a child does it. It is told when its caller was interrupted, or has died, and puts back what it has changed.
 */
#pragma once

#include <virt-sandbox.h>

#include "base/error.h"

typedef struct Worker Worker;

/* In the child, which may change what processes have: namespaces, ids. */
typedef int (*WorkerCall)(Worker *worker, void *data, Error **ret_error);
/* Returns what call does. progress, which may be NULL, is called in this process. ret_notes: what was noted, also of work that failed. */
int worker_run(WorkerCall call, void *data, vsb_progress progress, void *progress_data,
	char ***ret_notes, Error **ret_error);

/* False: nobody waits for it any more. */
bool worker_goes_on(const Worker *worker);
void worker_progress(Worker *worker, const char *what, uint64_t done, uint64_t all);
void worker_note(const Worker *worker, const char *note);
