/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which file says where names are asked for, to somebody with a network of his own.
 */
#pragma once

#include <stdbool.h>

/* Whether text, a resolv.conf(5), names only servers on the loopback interface, or none, which means the same. */
bool resolver_is_local(const char *text);

/* The file below root_fd with the host's name servers, as a path from there: /etc/resolv.conf; or where that link leads; or, when it names only a stub
 * of systemd-resolved on the loopback interface, which nobody else's loopback reaches, the one in which systemd-resolved(8) lists the servers behind it. *ret is
 * NULL when there is none. ret_local: the file that was found names only servers on the loopback interface. 0 or a negative errno. */
int resolver_find(int root_fd, char **ret, bool *ret_local);
