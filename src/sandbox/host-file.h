/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the host that a command line names.
 */
#pragma once

/* From the current directory, in normal form; newly allocated, or NULL with errno. */
char *host_file_absolute(const char *path);
