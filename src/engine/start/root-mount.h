/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The beginning and the end of a container's root.
 */
#pragma once

#include "engine/start/root.h"

/* The root's own mount, over "/" of the builder's mount namespace. */
/* Takes a root that is to stay a slave of the host's from its own mount namespace, before the builder leaves that. */
int root_open_slave(Root *root, Error **ret_error);
int root_open(Root *root, Error **ret_error);
/* Last: the builder's mount namespace has this root alone then, read-only if the Spec says so. */
int root_enter(Root *root, Error **ret_error);
