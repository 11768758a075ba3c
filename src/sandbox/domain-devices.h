/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of a domain that runs: what is attached to it, and detached. The document is the running one, and is changed with it.
 */
#pragma once

#include "sandbox/domain-store.h"

int domain_attach_live(
	const struct vsb_domain *handle, Domain *domain, const char *xml, Error **ret_error);
int domain_detach_live(
	const struct vsb_domain *handle, Domain *domain, const char *xml, Error **ret_error);
