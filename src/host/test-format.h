/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts and the table of directives as text, for golden files and docs/DIRECTIVES.md.
 */
#pragma once

#include "host/facts.h"

/* All facts, one a line. */
int facts_format(const Facts *facts, char **ret, Error **ret_error);
/* The table as docs/DIRECTIVES.md; newly allocated, NULL without memory. */
char *directives_format(void);
