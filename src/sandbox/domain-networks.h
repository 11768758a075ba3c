/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The networks that domains name.
 */
#pragma once

#include "domain/domain.h"

/* libvirt's network 'default' is one of its own, beside that of our containers. */
#define DOMAIN_NETWORK_DEFAULT "default"

/* Each of a domain's must be there; the default one is made when it is first asked for, with libvirt's addresses. -ENOENT, with the line. */
int domain_networks_ensure(const Domain *domain, Error **ret_error);
