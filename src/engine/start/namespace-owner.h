/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whose a new user namespace is.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* What to go back to. */
typedef struct Owner {
	bool changed;
	int securebits, dumpable, death_signal;
} Owner;

/* Makes uid the effective user id of this thread, all capabilities kept: the owner of user namespaces that it makes, and privileged over
 * them. Undone by owner_back(), which takes one that never changed, too. */
int owner_become(uid_t uid, Owner *ret, Error **ret_error);
int owner_back(Owner *owner, Error **ret_error);
