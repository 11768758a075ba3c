/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the holder of published ports says to the process that relays.
 */
#pragma once

#include "net/publication.h"

/* One packet of the channel. With add, the descriptor of the bound socket comes along. */
typedef struct PublishOrder {
	bool add; /* else: not any more */
	Publication publication;
	struct sockaddr_in target;
} PublishOrder;
