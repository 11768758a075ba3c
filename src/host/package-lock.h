/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is a package manager changing the host's /usr just now? What is started then may get one program of before and the library of after.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

typedef struct PackageWork {
	pid_t pid; /* who holds the database's lock; 0: not known, or nobody any more */
	char words[64]; /* "dpkg (process 12)"; "": nothing is at work */
	bool interrupted; /* nobody is at work, but somebody was, and did not end it */
} PackageWork;

/* root: "" for the real one. */
void package_work(const char *root, PackageWork *ret);

typedef void (*PackageTell)(const char *sentence, void *data);

/* Who is told in this thread where a wait has no teller of its own. */
void package_tell(PackageTell tell, void *data);

/* Waits until nothing is at work any more. tell, which may be NULL, is called with what is waited for before the first wait. -ETXTBSY with
 * what is in the way: it takes longer than $VIRT_SANDBOX_PACKAGE_WAIT, or 180, seconds; it waits for this process; it was interrupted. */
int package_wait(const char *root, PackageTell tell, void *data, Error **ret_error);
