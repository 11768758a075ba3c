/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The further mounts that a description asks for.
 */
#pragma once

#include "engine/root.h"

int mounts_apply(Root *root, Error **ret_error);
