/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The further mounts that a description asks for.
 */
#pragma once

#include "engine/root.h"

/* Opens what they name on the host into root->sources; mounts_done() closes what was not used. Directories that the container may
 * write to are marked (base/trusted-path.h). */
int mounts_open(Root *root, Error **ret_error);
void mounts_done(Root *root);
int mounts_apply(Root *root, Error **ret_error);
