/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an old kernel, or one built without a feature, lacks of what we need.
 */
#pragma once

#include <stddef.h>

/* The first system call of ours that this kernel does not know, and the version of Linux that brought it; NULL when it knows all. Asks the kernel with
 * arguments that can do nothing. */
const char *missing_call(const char **ret_since);
