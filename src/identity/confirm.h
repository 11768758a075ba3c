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
