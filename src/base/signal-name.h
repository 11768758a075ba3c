/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals by name.
 */
#pragma once

/* "TERM", "KILL", "RTMIN+3": the number, -EINVAL for none. */
int signal_from_name(const char *name);
