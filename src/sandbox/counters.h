/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel counts of a container. A file is read once, whatever is asked of it, so that its figures are of one moment.
 */
#pragma once

#include <inttypes.h>
#include <stdbool.h>

#include "base/macro.h"

#define COUNTERS_FILES 12

typedef struct Counters {
	const char *cgroup; /* its directory; NULL: none, and nothing is known */
	struct CountersFile {
		const char *name; /* with static storage duration */
		char *text; /* NULL: it cannot be read */
	} files[COUNTERS_FILES];
	unsigned int n_files;
} Counters;

/* False: it is not counted here, which is not 0. key: "" of a file that is one number, a word that begins a line "word number", or "word=" for the sum of
 * all of them in a file of lines "8:0 word=1 other=2". file, key: literals. */
bool counters_cgroup(Counters *counters, const char *file, const char *key, uint64_t *ret);
/* A column of proc_pid_net(5)'s table, from 0, of a link of this network namespace. */
bool counters_link(Counters *counters, const char *link, unsigned int column, uint64_t *ret);

void counters_done(Counters *counters);
#define _cleanup_counters_ _cleanup_(counters_done)
