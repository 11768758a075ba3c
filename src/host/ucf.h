/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Debian's registry of configuration files that packages keep with ucf(1) instead of listing them.
 */
#pragma once

#include "host/host-root.h"

#define UCF_ENTRIES_MAX 65536

typedef struct UcfEntry {
	char *package, *path; /* package: "" for one that does not register its files */
} UcfEntry;

typedef struct Ucf {
	UcfEntry *entries;
	size_t n;
} Ucf;

/* A host without ucf has no entries. 0 or -ENOMEM. */
int ucf_read(const HostRoot *root, Ucf *ret);
void ucf_done(Ucf *ucf);
#define _cleanup_ucf_ _cleanup_(ucf_done)
