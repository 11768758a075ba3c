/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The allow-list of system calls, for the generator.
 */
#pragma once

#include <stddef.h>

/* Names; one that this architecture or this libseccomp does not know is passed over.
 * NULL-terminated. */
extern const char *const calls_everywhere[];
extern const char *const calls_service[]; /* beside those, where systemd runs */
/* Known calls that are answered with ENOSYS rather than EPERM, so that the C library falls back.
 * NULL-terminated. */
extern const char *const calls_missing[];
