/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Spec's mounts, and what they need, in their order.
 */
#pragma once

#include "engine/start/root.h"

/* Takes from the host's own mount namespace what is to stay its slave, before the builder leaves that. */
int mounts_open_slaves(Root *root, Error **ret_error);
/* Opens what they walk to on the host into root->sources; mounts_done() closes what was not used. Directories that the container may
 * write to are marked (base/trusted-path.h). */
int mounts_open(Root *root, Error **ret_error);
void mounts_done(Root *root);

/* Those up to the first that shows a namespace which the payload makes late; and the rest. */
int mounts_apply_early(Root *root, Error **ret_error);
int mounts_apply_late(Root *root, Error **ret_error);
/* Is anything left for the second call that is not of the kernel's own file systems? */
bool mounts_are_mixed(const Root *root);
