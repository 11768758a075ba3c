/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a domain, for the other verbs.
 */
#pragma once

#include "sandbox/domain-store.h"

/* The caller has the name's lock. */
int domain_launch(const struct vsb_domain *handle, const Domain *domain, unsigned int flags,
	char ***ret_notes, Error **ret_error);
/* Refuses a container of ours, with the command that does it there. */
int domain_must_be_document(
	const struct vsb_domain *handle, const char *instead, Error **ret_error);
bool domain_is_autostarted(const struct vsb_domain *handle);
