/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Undoing all that belongs to a container.
 */
#pragma once

#include <stdbool.h>

#include "sandbox/container.h"

/* Could it have been started, or was it? Then it must be stopped, and be kept from starting, while it is erased. */
bool container_may_run(const Container *container);
/* In the reverse order of create. Idempotent. Goes on after a failure and reports the first; but one of which something still runs keeps all that it
 * has. */
int container_erase(const Container *container, Error **ret_error);
