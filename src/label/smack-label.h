/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Smack labels as text, and the tables of smackfs.
 */
#pragma once

#include <stdbool.h>

#define SMACK_LABEL_MAX                                                                            \
	23 /* characters: longer ones do not fit the CIPSO option of an IP packet (Smack.rst) */

#define SMACK_OURS "vsb-" /* begins the labels that are ours and no container's */
#define SMACK_BASE SMACK_OURS "base" /* of files that containers have below their own */
#define SMACK_CLOSED SMACK_OURS "closed" /* no container has a rule for it */

/* "vss-NAME", or with a hash in place of the end where that would be too long. Newly allocated; NULL without memory. */
char *smack_label_of(const char *container);
/* Can it be a container's label: well-formed, and none of the kernel's own ("_", "^", "*", "?", "@")? */
bool smack_label_is_valid(const char *text);

/* What follows the word on the line of the table that starts with it, up to the end of the table; NULL: there is none. */
const char *smack_table_find(const char *table, const char *word);
