/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /etc of a container that has no content tree.
 */
#pragma once

#include "engine/root.h"

int etc_make(Root *root, Error **ret_error);
