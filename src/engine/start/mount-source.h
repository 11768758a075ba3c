/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What mounts name on the host: asked at create, and again at each start.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Opens the source of a bind (O_PATH) as base/trusted-path.h does, and refuses the kernel's own file systems, and, where the container
 * may write, directories that hold our own state or the host's /usr: -EPERM. So it does where one of these, or the host's root, is mounted below it. ret_real may be NULL. */
int mount_source_open(
	const char *path, bool writable, int *ret_fd, char **ret_real, Error **ret_error);
/* The mount point of a line of mountinfo(5), newly allocated; NULL: it has none. */
char *mount_source_point(const char *line);
