/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content in an image (-i): an ext4 file system in LAYOUT_IMAGES/NAME.raw, mounted for the container only, over the then empty directory of its tree.
 */
#pragma once

#include "desc/places.h"

/* All of these do nothing for a container without an image. */

/* Refuses an image file that is there already: it is somebody else's. */
int image_check_free(const Places *places, Error **ret_error);
/* Makes the image of that many bytes (sparse) with an empty file system, and opens its root: no path leads there, and it
 * is mounted as long as the descriptor is open. No program works on what is written there. *ret_fd is -EBADF without an image. */
int image_make(const Places *places, uint64_t size, int *ret_fd, Error **ret_error);
/* All of it is in the image file: what the host's disk had no room for is an error. */
int image_finish(const Places *places, int fd, Error **ret_error);
/* Mounts the image over the places->tree, in a mount namespace that this process gets for it: for verbs that read or write the files of a container that does not run. It stays locked until this process ends. */
int image_mount(const Places *places, bool readonly, Error **ret_error);
/* Mounts it for writing, as long as the descriptor of its root is open. */
int image_open_root(const Places *places, int *ret_fd, Error **ret_error);
/* The file gets this size; what is in it does not change. */
int image_resize(const Places *places, uint64_t size, Error **ret_error);
int image_erase(const Places *places, Error **ret_error);
