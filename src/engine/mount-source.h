/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the description's mounts name on the host: asked at create, and again at each start.
 */
#pragma once

#include "base/error.h"
#include "desc/desc.h"

/* Opens the source of a host-bind (O_PATH) as base/trusted-path.h does, and refuses the kernel's own file systems. ret_real may be NULL. */
int mount_source_open(const DescMount *mount, int *ret_fd, char **ret_real, Error **ret_error);

/* Can all sources on the host be used? Touches nothing. */
int mount_sources_check(const Desc *desc, Error **ret_error);
