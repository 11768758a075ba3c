/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the host a container needs, asked when it is created: a start that fails says it too late.
 */
#pragma once

#include "desc/desc.h"

/* The programs and libraries that a start of the container runs and loads. 0, or -ENOENT or another negative errno with the package that
 * brings what is missing. The description is resolved. */
int needs_check(const Desc *desc, Error **ret_error);
