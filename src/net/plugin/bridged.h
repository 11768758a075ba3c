/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What containers on the host's own bridges share: the rules about their ports. They come with the first such port and go with the last one. The caller
 * holds the lock of shared.h.
 */
#pragma once

#include "base/error.h"

/* Records the port and loads the rules if they are not there. On failure bridged_leave() cleans up. */
int bridged_join(const char *port, Error **ret_error);
int bridged_leave(const char *port, Error **ret_error); /* missing is success */
