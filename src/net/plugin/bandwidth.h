/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bandwidth of a port on a bridge, held on the host's side: what goes to the container waits on the port itself (tbf), what comes from it on an
 * interface of its own (ifb), to which the port hands all that it receives. Neither needs a rule of nftables.
 */
#pragma once

#include "net/attachment.h"
#include "net/plugin/exchange.h"

/* After the port was made; nothing is asked: nothing is done. */
int bandwidth_set(Exchange *host, const Attachment *link, Error **ret_error);
/* Of a port that is there, in place of what it has. */
int bandwidth_change(Exchange *host, const Attachment *link, Error **ret_error);
/* Of the port with this name. Missing is success. */
void bandwidth_forget(Exchange *host, const char *port);
