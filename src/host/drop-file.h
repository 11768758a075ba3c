/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that somebody, and no package, put where packages leave files for another program: is it about anything that a container has?
 */
#pragma once

#include "host/host-root.h"

/* Fills facts->left_files and stranger_files as far as rules know how such files are written. 0 or -ENOMEM. */
int drop_file_read(const HostRoot *root, const char *path, Facts *facts);
