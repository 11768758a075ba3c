/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A directory or image of the host that is a container's root (--root).
 */
#pragma once

#include <stdbool.h>

#include "desc/desc.h"

/* Its path without links, newly allocated, and whether it is an image. Where a user of the host, or a container, could exchange it, or where
 * others need what is in it, it is refused. */
int own_root_find(const Desc *desc, char **ret, bool *ret_image, Error **ret_error);

/* At create: what it shall start as a full system (system.init), by what is in it; an image is mounted for that, read-only. */
int own_root_complete(Desc *desc, Error **ret_error);
