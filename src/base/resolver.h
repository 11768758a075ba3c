/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which file says where names are asked for, to somebody with a network of his own.
 */
#pragma once

#include <stdbool.h>

/* Files that may list them, in this order: resolver_find(). */
#define RESOLVER_FILES 2
extern const char *const resolver_files[RESOLVER_FILES];
#define RESOLVER_SIZE_MAX (64u * 1024) /* bytes */

/* Whether text, a resolv.conf(5), names only servers on the loopback interface or by link-local addresses, or none, which means the former. */
bool resolver_is_local(const char *text);

/* What a container's resolv.conf says: the host's, with these lines ("nameserver ADDRESS", "search DOMAIN...") in place of its own of their kind; its options belong to its
 * servers. Lines that resolv.conf(5) does not know are left out, and servers that only the host reaches, unless there are no others; not where alone: all are kept.
 * NULL without memory. */
char *resolver_compose(const char *text, char *const *lines, bool alone);
/* The servers of a resolv.conf(5) that are not the host's alone, by address. 0 or -ENOMEM. */
int resolver_servers(const char *text, char ***ret);

/* The file below root_fd with the host's name servers, as a path from there: /etc/resolv.conf; or where that link leads; or, when it names only a stub
 * of systemd-resolved on the loopback interface, which nobody else's loopback reaches, the one in which systemd-resolved(8) lists the servers behind it. *ret is
 * NULL when there is none. ret_local: the file that was found names only servers on the loopback interface. 0 or a negative errno. */
int resolver_find(int root_fd, char **ret, bool *ret_local);
