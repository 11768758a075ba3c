/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of a process in a container: made from nothing, each name once. Nothing of the caller's gets in but the type of
 * its terminal.
 */
#pragma once

#define ENVIRONMENT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Sets or replaces. 0 or -ENOMEM. */
int environment_set(char ***env, const char *name, const char *value);
/* Sets or replaces each "NAME=value"; one without "=" or name is -EINVAL. */
int environment_add(char ***env, char *const *assignments);
/* The value, inside env, or NULL. */
const char *environment_get(char *const *env, const char *name);

/* For our own helper programs: nothing of the caller's but where our own places are. 0 or -ENOMEM. */
int environment_of_helper(char ***ret);

/* $TERM if it can be a terminal's name, else "linux". */
const char *environment_terminal(void);
