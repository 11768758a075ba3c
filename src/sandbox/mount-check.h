/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources of the description's mounts.
 */
#pragma once

#include "desc/desc.h"

/* Can all sources on the host be used? Touches nothing. */
int mount_sources_check(const Desc *desc, Error **ret_error);
