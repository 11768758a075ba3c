/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the holder of published ports says to the process that relays.
 */
#pragma once

#include "net/publication.h"

/* One packet of the channel. With one that adds, the descriptor of the bound socket comes along. */
typedef enum PublishVerb {
	PUBLISH_SHUT, /* not any more */
	PUBLISH_ADD,
	PUBLISH_ADD_HELD, /* who comes waits at the door */
	PUBLISH_HOLD, /* from now on; answered by one byte */
	PUBLISH_OPEN, /* not any more; who waits is let in, wherever he came from */
} PublishVerb;

typedef struct PublishOrder {
	PublishVerb verb;
	Publication publication;
	struct sockaddr_in target;
} PublishOrder;
