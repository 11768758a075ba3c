/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File system images of the host.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "desc/desc.h"

/* Where the image of a container with image_size is. Newly allocated; NULL without memory. */
char *image_path(const Desc *desc);

/* A detached mount of the image through a loop device that goes away with it. nosuid, nodev;
 * id-mapped when userns_fd >= 0. */
int image_open(const char *path, bool readonly, int userns_fd, int *ret_fd, Error **ret_error);
