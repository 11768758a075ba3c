/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The directory of names, LAYOUT_NAMES: a link NAME -> addresses for each container that runs and has any. Everybody may read it, root alone writes, and nothing that
 * a container says gets into it.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Adds to what the container has, and takes away: its links come and go while it runs. A container whose name is no host name gets none. */
int names_add(const char *container, char *const *addresses, Error **ret_error);
int names_remove(const char *container, char *const *addresses, Error **ret_error);

bool names_is_host_name(const char *name);
/* The file that a container which runs has as its /etc/hosts; it may have none. NULL: no memory. */
char *names_hosts_path(const char *container);
