/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Work that undoes itself: a child does it. It is told when its caller was interrupted, or has died, and puts back what it has changed.
 */
#pragma once

#include <sys/types.h>
#include <virt-sandbox.h>

#include "base/error.h"

typedef struct Worker Worker;

/* In the child, which may change what processes have: namespaces, ids. */
typedef int (*WorkerCall)(Worker *worker, void *data, Error **ret_error);
/* Returns what call does. progress, which may be NULL, is called in this process. ret_notes: what was noted, also of work that failed. */
int worker_run(WorkerCall call, void *data, vsb_progress progress, void *progress_data,
	char ***ret_notes, Error **ret_error);

/* The same in two parts, for who has other things to wait for as well. The child has our signal mask. *ret_fd: a message of it is there when it can be read;
 * shutdown(2) for writing tells it to end. */
int worker_begin(WorkerCall call, void *data, pid_t *ret_pid, int *ret_fd, Error **ret_error);
/* Takes one message. 0: there will be more; 1: that was the end, and *ret_code what it returned, with its error. */
int worker_hear(
	int fd, vsb_progress progress, void *data, char ***notes, int *ret_code, Error **ret_error);
void worker_end(const Worker *worker, int code, const char *sentence); /* once, from the child */
int worker_fd(const Worker *worker); /* readable: nobody waits for it any more */

/* False: nobody waits for it any more. */
bool worker_goes_on(const Worker *worker);
void worker_progress(Worker *worker, const char *what, uint64_t done, uint64_t all);
void worker_step(Worker *worker, const char *what); /* told at once */
void worker_note(const Worker *worker, const char *note);
