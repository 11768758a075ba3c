/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The allow-list of system calls, for the generator.
 */
#pragma once

/* Words; one that this architecture or this libseccomp does not know is passed over. */
extern const char calls_everywhere[];
extern const char calls_service[]; /* beside those, where systemd runs */
/* Known calls that are answered with ENOSYS rather than EPERM, so that the C library falls back. */
extern const char calls_missing[];
