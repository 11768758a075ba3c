/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * At every start: what the description says is the container's is reserved for it, or is reserved now, or the start is refused.
 */
#pragma once

#include <stdbool.h>

#include "desc/identity.h"
#include "label/label.h"

/* Machine id, ids and addresses. What the identity lacks, because somebody took the line out, is chosen and written into it: *ret_changed.
 * -EADDRINUSE names the container that has it and the line to remove. */
int identity_confirm(const Desc *desc, Identity *identity, bool *ret_changed, Error **ret_error);

/* All that a new container needs but its label, for good: until identity_release(). */
int identity_reserve(const Desc *desc, Identity *identity, Error **ret_error);
/* The same of one that has no user namespace, or brings its ids along. */
int identity_reserve_without_ids(const Desc *desc, Identity *identity, Error **ret_error);
/* Gives back what was reserved, whatever was written down of it. */
int identity_release(const Desc *desc, const Identity *identity, Error **ret_error);

/* MAC addresses, and addresses of the default network, for each network that has a link. */
int identity_reserve_links(const Desc *desc, Identity *identity, Error **ret_error);
/* The same of one whose first networks have what they need: only those from an index on are looked for on the host. */
int identity_reserve_more_links(
	const Desc *desc, Identity *identity, size_t from, Error **ret_error);
/* Gives back what one link has, and knows nothing of it any more: those behind it move up. */
int identity_release_link(const Desc *desc, Identity *identity, size_t index, Error **ret_error);
/* A label by what the description asks. */
int identity_reserve_label(const Desc *desc, Identity *identity, Label **ret, Error **ret_error);
/* The label that it has already, without reserving. */
int identity_open_label(const Desc *desc, const Identity *identity, Label **ret, Error **ret_error);
