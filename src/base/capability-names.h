/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names of capabilities(7).
 */
#pragma once

/* By number, without "CAP_": "chown", ...; NULL behind the last one. */
extern const char *const capability_names[];
