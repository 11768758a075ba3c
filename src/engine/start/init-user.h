/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Becoming a user of the container, by the container's own files and without NSS.
 */
#pragma once

/* user: USER or USER:GROUP, each a name of /etc/passwd or /etc/group, or a number in decimal. Sets groups, group and user of the calling process; USER and LOGNAME where the
 * user has an entry; and HOME where the environment has none: that of the entry, or "/". 0, or -1 when there is no such user or the ids
 * cannot be taken; never falls back to root. */
int identity_take(const char *user);
