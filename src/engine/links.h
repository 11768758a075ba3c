/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The container's links, made and removed without keeping netlink and nftables libraries in this process.
 */
#pragma once

#include <stdbool.h>

#include "desc/desc.h"

/* Has it links of its own: a network other than none and host. */
bool links_wanted(const Desc *desc);
/* net_attach(), net_detach(). Without links nothing to do. */
int links_attach(const Desc *desc, int netns_fd, Error **ret_error);
int links_detach(const Desc *desc, Error **ret_error);
