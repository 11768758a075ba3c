/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ids that an <idmap> gives a domain are nobody else's: two that share them reach each other's files and processes.
 */
#pragma once

#include "sandbox/domain-store.h"

/* Of the running domains, and of containers whether they run or not. -EADDRINUSE, with the line and the name. */
int domain_ids_check(const char *key, const Domain *domain, Error **ret_error);
