/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process inherits without asking: a process of a container gets the same values whoever starts it.
 */
#pragma once

#include "engine/spec/spec.h"

/* In the process that will exec inside: scheduling, processor affinity, umask, personality, timer slack, nice value, session
 * keyring, signal dispositions and mask. What `given` says is somebody else's to set (scheduling_apply()) and left as it is, but for what
 * a process must set itself; NULL: it says nothing. */
int attributes_reset(const SpecScheduling *given, Error **ret_error);
