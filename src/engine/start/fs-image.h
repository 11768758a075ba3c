/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File system images of the host.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "label/label.h"

/* Opens the image (O_PATH): a file, or a block device that is named as such, where no container can write. ret_real as trusted_path_open() has it. */
int image_find(const char *path, int *ret_fd, char **ret_real, Error **ret_error);

/* Opens the image for writing and locks it: alone. -EBUSY: a container, or the host itself, has it. The lock is the open file's, and a
 * loop device keeps that file: it is held until the descriptor is closed and the file system is unmounted, whoever dies meanwhile. */
int image_lock(const char *path, int *ret_fd, Error **ret_error);

/* A detached mount of the image through a loop device that goes away with it. nosuid, nodev;
 * id-mapped when userns_fd >= 0. readonly: nothing is written, the replay of a journal included. Locked as long as it is mounted, with
 * other readers when readonly. */
int image_open(const char *path, bool readonly, int userns_fd, int *ret_fd, Error **ret_error);
/* The same of an image that others made, for a container: its files have the container's label, where it may be given to files that were there before. Attributes are
 * MOUNT_ATTR_*. Images with a root are refused where an attribute of a file could lead out of the label; other images are noexec there. */
int image_open_foreign(const Label *label, const char *path, bool root, unsigned int attributes,
	int userns_fd, int *ret_fd, Error **ret_error);
