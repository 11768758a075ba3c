/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container of ours as a domain document.
 */
#pragma once

#include "sandbox/domain-store.h"

/* What a document can say of it; parsing it again gives the same. */
int domain_from_container(const struct vsb_domain *handle, Domain **ret, Error **ret_error);
