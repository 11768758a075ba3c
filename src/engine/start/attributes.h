/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process inherits without asking: a process of a container gets the same values whoever starts it.
 */
#pragma once

#include "base/error.h"

/* In the process that will exec inside: scheduling, processor affinity, umask, personality, timer slack, nice value, session
 * keyring, signal dispositions and mask. */
int attributes_reset(Error **ret_error);
