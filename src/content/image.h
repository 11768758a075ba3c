/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content in an image (-i): an ext4 file system in LAYOUT_IMAGES/NAME.raw, mounted for the container only, over the then empty directory of its tree.
 */
#pragma once

#include "desc/desc.h"

/* Where the image of a container with image_size is. Newly allocated; NULL without memory. */
char *image_path(const Desc *desc);
/* Where a copy of it is while it grows: no container has a name that leads there. One that a killed command left goes with the image. */
char *image_copy_path(const Desc *desc);

/* All of these do nothing for a container without an image. */

/* Refuses an image file that is there already: it is somebody else's. */
int image_check_free(const Desc *desc, Error **ret_error);
/* Makes the image of desc->image_size bytes (sparse) with an empty file system, and opens its root: no path leads there, and it
 * is mounted as long as the descriptor is open. No program works on what is written there. *ret_fd is -EBADF without an image. */
int image_make(const Desc *desc, int *ret_fd, Error **ret_error);
/* All of it is in the image file: what the host's disk had no room for is an error. */
int image_finish(const Desc *desc, int fd, Error **ret_error);
/* Mounts the image over the tree, in a mount namespace that this process gets for it: for verbs that read or write the files of a container that does not run. It stays locked until this process ends. */
int image_mount(const Desc *desc, const char *tree, bool readonly, Error **ret_error);
/* Mounts it for writing, as long as the descriptor of its root is open. */
int image_open_root(const Desc *desc, int *ret_fd, Error **ret_error);
/* The file gets the size that the description says; what is in it does not change. */
int image_resize(const Desc *desc, Error **ret_error);
int image_erase(const Desc *desc, Error **ret_error);
