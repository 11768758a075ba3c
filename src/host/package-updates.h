/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which packages of the host are newer than something?
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* How many of the packages were unpacked after since, in seconds since the epoch. root: "" for the real one. -EOPNOTSUPP: there is no dpkg. */
int package_updates(const char *root, char *const *packages, int64_t since, size_t *ret);
