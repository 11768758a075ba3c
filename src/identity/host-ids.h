/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * User and group ids that the host gives to somebody else: accounts, subordinate ids, directory services. An id of a container that is
 * also a person's would let that person look into the container, and the container's processes touch what is the person's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct HostIdRange {
	uint32_t first, last;
	char *whose; /* "the account www-data (/etc/passwd)" */
	bool planned; /* nobody has it yet, but useradd(8) may give it to somebody: avoided, not refused */
} HostIdRange;

typedef struct HostIds {
	HostIdRange *ranges;
	size_t n_ranges;
	char *directory; /* nsswitch.conf's sources beside files, "sss ldap"; NULL: none */
} HostIds;

void host_ids_done(HostIds *ids);
#define _cleanup_host_ids_ _cleanup_(host_ids_done)

/* Reads passwd, group, subuid, subgid, login.defs and nsswitch.conf in this directory, "/etc" but for tests. A missing file says nothing. */
int host_ids_load(const char *etc, HostIds *ret, Error **ret_error);

/* Who has one of these ids, first those that are in use; NULL: nobody. */
const HostIdRange *host_ids_find(const HostIds *ids, uint32_t first, uint32_t last);

/* Asks the directory services, if there are any, for both ends of a range, by a program that ends with the question: their modules run foreign
 * code. 1: one is known, 0: none, negative: they do not answer. */
int host_ids_ask_directory(const HostIds *ids, uint32_t first, uint32_t last, Error **ret_error);
