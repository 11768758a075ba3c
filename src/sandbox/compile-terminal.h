/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The terminal of a container that is compiled.
 */
#pragma once

#include <stdbool.h>

typedef struct CompileTerminal {
	bool wanted; /* a console of its own */
	const char *type; /* TERM; NULL: "linux" */
} CompileTerminal;
