/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may be done with containers that were deleted and are kept.
 */
#pragma once

#include "base/error.h"

/* Names, sorted. */
int kept_names(char ***ret, Error **ret_error);
/* Removes it for good. */
int kept_remove(const char *name, Error **ret_error);
/* Removes those whose time is over. */
int kept_sweep(Error **ret_error);
