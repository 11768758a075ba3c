/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environments of processes in a container and of our helper programs: made from nothing, each name once. Nothing of the caller's gets in but the type
 * of its terminal, and where our own places are.
 */
#pragma once

#define ENVIRONMENT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* For our own helper programs: nothing of the caller's but where our own places are. 0 or -ENOMEM. */
int environment_of_helper(char ***ret);

/* $TERM if it can be a terminal's name, else "linux". */
const char *environment_terminal(void);
