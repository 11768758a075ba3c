/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * passwd, group and their shadows of a container whose accounts were changed on both sides. The present text is the container's and may say anything.
 */
#pragma once

#include <stdbool.h>

/* Is it one of these files, named as below /etc? */
bool account_merge_knows(const char *path);

/* The present text with the accounts that only wanted has, and, in group and gshadow, with the members that only wanted has. An account whose number is another one's in
 * present is left out. *ret_added: names of what was added, *ret_left: of what was left out. 0 or -ENOMEM. */
int account_merge(const char *path, const char *present, const char *wanted, char **ret,
	char ***ret_added, char ***ret_left);
