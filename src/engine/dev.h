/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's /dev.
 */
#pragma once

#include "engine/root.h"

/* Made first, before anything that is not ours is in the root. Opens the console's master into
 * root->console_fd where the spec asks for a console. */
int dev_make(Root *root, Error **ret_error);
