/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a compiler must know of the host that it compiles for. Read once, by reads only; a test makes its own.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define KERNEL_FACTS_NAMES 6 /* bin, sbin, lib, lib32, lib64, libx32 */

typedef struct SystemName {
	const char *name;
	bool present;
	char *link; /* what it leads to: a merged /usr; NULL: a directory */
} SystemName;

typedef struct DeviceFact { /* of the device with the same index in the description */
	bool block;
	unsigned int major, minor;
} DeviceFact;

typedef struct KernelFacts {
	DeviceFact *devices;
	SystemName system[KERNEL_FACTS_NAMES];
	char *root; /* of the host's that the container has as its own, by its path without links; NULL: none */
	bool root_is_image; /* that is a file with a file system, not a directory */
	bool has_localtime;
	char *localtime; /* what /etc/localtime links to; NULL: a file */
	char *resolver_text; /* what is in that */
	char *resolver; /* file with the name servers that a network of its own can reach; NULL: none, or not asked */
} KernelFacts;

/* resolver: whether to look for it, which reads files. */
int kernel_facts_read(bool resolver, KernelFacts *ret, Error **ret_error);
void kernel_facts_done(KernelFacts *facts);
#define _cleanup_kernel_facts_ _cleanup_(kernel_facts_done)
