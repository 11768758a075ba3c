/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * At every start: what the description says is the container's is reserved for it, or is reserved now, or the start is refused.
 */
#pragma once

#include <stdbool.h>

#include "desc/desc.h"
#include "label/label.h"

/* Machine id, ids and addresses. What the description lacks, because somebody took the line out, is chosen and written into it: *ret_changed.
 * -EADDRINUSE names the container that has it and the line to remove. */
int identity_confirm(Desc *desc, bool *ret_changed, Error **ret_error);

/* The machine id alone, at create and clone. */
int identity_reserve_uuid(const char *uuid, const char *container, Error **ret_error);
int identity_release_uuid(const char *uuid, const char *container, Error **ret_error);

/* MAC addresses, and addresses of the default network, for each network that has a link. */
int identity_reserve_links(Desc *desc, Error **ret_error);
/* A label by what the description asks. transient: its reservation ends with this process. */
int identity_reserve_label(Desc *desc, bool transient, Label **ret, Error **ret_error);
/* The label that it has already, without reserving. */
int identity_open_label(const Desc *desc, Label **ret, Error **ret_error);
