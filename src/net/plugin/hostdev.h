/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interfaces of the host that move into a container and back. The namespace is held by a mount below LAYOUT_RUN until its interface is back: a virtual one
 * would die with it, and whoever cleans up after a killed supervisor finds it there.
 */
#pragma once

#include "net/attachment.h"
#include "net/plugin/exchange.h"

/* Moves link->source in, under its name inside. */
int hostdev_give(Exchange *host, const Attachment *link, int netns_fd, Error **ret_error);
/* Moves it back under its own name; nothing given is success. */
int hostdev_take_back(const Attachment *link, Error **ret_error);
