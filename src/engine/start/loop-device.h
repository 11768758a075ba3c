/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loop devices of the host: one of our own for an image, and who else has that image.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* A new loop device for the file, which goes away with its last user and holds the file as long. */
int loop_device_attach(int file_fd, const char *path, bool readonly, char device[32], int *ret_fd,
	Error **ret_error);

/* -EBUSY when another loop device than own (its number's path, or NULL) has the file or block device: the host's administrator may have mounted it, and the
 * kernel knows no lock for that. Files are told by device and inode, so that other names, renamed and deleted files count. Two that only read do not
 * disturb each other. */
int loop_device_check(
	int file_fd, const char *path, bool readonly, const char *own, Error **ret_error);
