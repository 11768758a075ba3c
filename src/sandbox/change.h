/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A container from one description to another.
 */
#pragma once

#include "sandbox/container.h"
#include "sandbox/name-lock.h"

/* Brings the container that the lock holds to desc, which is resolved: a running one first, by its live keys, then file and host units. What else differs holds
 * from its next start. *ret_running: it runs. */
int change_commit(const Container *before, const Desc *desc, NameLock *lock, bool *ret_running,
	Error **ret_error);
