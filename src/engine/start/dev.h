/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's devices.
 */
#pragma once

#include "engine/start/root.h"

/* After the file systems of /dev were mounted. Opens the masters of the console and of further terminals into root->run where
 * the Spec asks for a terminal. */
int dev_make(Root *root, Error **ret_error);
