/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A root of layers.
 */
#pragma once

#include "engine/start/root.h"

/* A comma or a colon would be another option or layer to the kernel. */
bool overlay_can_name(const char *path);

/* A detached overlay of the Spec's layers. /sys of the builder's mount namespace gets covered. */
int overlay_open(Root *root, int *ret_fd, Error **ret_error);
