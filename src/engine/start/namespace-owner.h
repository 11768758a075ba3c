/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whose a new user namespace is.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "engine/spec/spec.h"

/* Host id of the container's root; 0 where that is the host's. */
uid_t owner_of(const Spec *spec);

/* What to go back to. */
typedef struct Owner {
	bool changed;
	int securebits, dumpable, death_signal;
} Owner;

/* Makes uid the effective user id of this thread, all capabilities kept: the owner of user namespaces that it makes, and privileged over
 * them. Undone by owner_back(), which takes one that never changed, too. */
int owner_become(uid_t uid, Owner *ret, Error **ret_error);
int owner_back(Owner *owner, Error **ret_error);

/* A non-blocking inotify instance that counts among those of the container: root has 128 for all his programs, and each container has a
 * keeper. A descriptor or a negative errno; -EMFILE: root inside has them all. */
int owner_inotify(const Spec *spec);
