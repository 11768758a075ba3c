/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pty of the container for a command that is entered into it.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* Inside, as root: a new pair from /dev/pts, which is checked to be a devpts whatever the container made of its /dev. The other end belongs to uid. */
int enter_pty_open(uid_t uid, int *ret_master, int *ret_slave, Error **ret_error);
/* Becomes the controlling terminal of the calling session leader and its 0, 1, 2. */
int enter_pty_take(int slave_fd, Error **ret_error);
