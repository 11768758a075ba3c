/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where something may be mounted in a container.
 */
#pragma once

#include "desc/desc.h"

/* By name: where links inside lead is asked for when the container starts. -EINVAL with a sentence that has the target. kind: _DESC_KIND_INVALID where it is
 * not known yet. */
int mount_target_check(const char *target, DescKind kind, Error **ret_error);
