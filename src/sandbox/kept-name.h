/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Containers that were deleted and are kept for some days. NAME.kept is the description beside its old name: its container is there for nobody, and all that belongs to it, reservations included,
 * stays where it is. Until when is a number in a file of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define KEPT_SUFFIX ".kept"

/* Of its description, and of the number. NULL without memory. */
char *kept_path(const char *name);
char *kept_until_path(const char *name);
bool kept_exists(const char *name);
/* 1: it is kept until *ret (seconds since the epoch; INT64_MAX: nobody has said); 0: there is none. */
int kept_until(const char *name, int64_t *ret);
/* -EEXIST, with what to do. */
int kept_check_free(const char *name, Error **ret_error);
