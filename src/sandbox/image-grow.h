/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Growing the image of a container that does not run.
 */
#pragma once

#include "desc/places.h"

/* Grows file system and file to desc->image_size. Only while the container does not run. -EINVAL: it would shrink. */
int image_grow(const Desc *desc, const Places *places, Error **ret_error);
