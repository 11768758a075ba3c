/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's domain, by its own files: what mail servers and others want a host's name to have.
 */
#pragma once

#include "host/host-root.h"

/* The domain of what hostname, a hostname(5), says; or of the name that hosts, a hosts(5), gives that host first. Either may be NULL. *ret is NULL where there is
 * none, or one that is no domain. 0 or -ENOMEM. */
int host_domain_parse(const char *hostname, const char *hosts, char **ret);

/* The same of /etc/hostname and /etc/hosts; name servers are not asked. 0 or -ENOMEM. */
int host_domain_find(const HostRoot *root, char **ret);
