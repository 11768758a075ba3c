/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file inside a container, read by a program that is the container's own. Uses the C library alone.
 */
#pragma once

#include <stddef.h>

/* Its first max bytes, as newly allocated text. A pipe that nobody writes to is empty. 1: there may be more; -errno: it cannot be opened or read, or -ENOMEM. */
int small_file_read(const char *path, size_t max, char **ret);
