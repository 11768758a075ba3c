/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What list and inspect know of one container: opaque in <virt-sandbox.h>.
 */
#pragma once

#include <virt-sandbox.h>

#include "base/macro.h"

struct vsb_info {
	char *name, *state;
	char **units, **published, **allowed, **egress;
	char *address, *label, *problem, *version;
	char **addresses;
	uint64_t memory;
	int64_t since;
	int32_t pid;
	size_t snapshots;
	int64_t behind; /* packages; -1: not known */
	bool stale, outdated;
};

DEFINE_CLEANUP(vsb_info *, vsb_info_free)
#define _cleanup_info_ _cleanup_(vsb_info_freep)
DEFINE_CLEANUP(vsb_info **, vsb_list_free)
#define _cleanup_list_ _cleanup_(vsb_list_freep)
