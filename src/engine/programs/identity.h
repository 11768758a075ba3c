/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Becoming a user of the container, by the container's own files and without NSS.
 */
#pragma once

/* user: a name in /etc/passwd, or UID or UID:GID in decimal. Sets groups, group and user of the
 * calling process and HOME, USER, LOGNAME where the user has an entry. 0, or -1 when there is no
 * such user or the ids cannot be taken; never falls back to root. */
int identity_take(const char *user);
