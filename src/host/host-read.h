/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading facts: what the steps of host_read_facts() share.
 */
#pragma once

#include "desc/desc.h"
#include "host/host-root.h"
#include "host/package-index.h"
#include "host/unit-index.h"

typedef struct Reader {
	HostRoot root;
	UnitIndex units;
	PackageIndex packages;
	bool *direct; /* packages that own asked units or were named */
	bool *set; /* all packages that the container is about */
	Facts *facts;
} Reader;

/* host_facts() of the host below root; NULL: this one. */
int host_read_facts(const char *root, const Desc *desc, Facts **ret, Error **ret_error);
