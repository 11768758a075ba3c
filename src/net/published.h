/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of what is published just now, one for each port of a container on the default network: who holds it, for whom, and what. They outlive a
 * killed process, and tell a container whose supervisor was killed from one that runs. The caller holds the lock of plugin/shared.h, but for looking.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "net/address.h"

typedef struct Published {
	char *port; /* name of the link on the host's side */
	char *container;
	char *bridge; /* of its network */
	IpAddress address, address6; /* the container's; family 0: none */
	pid_t holder; /* the process that holds the sockets, ... */
	uint64_t holder_starttime; /* ... as in base/procstat.h */
	char **list; /* publications as text */
	bool keeps_connections; /* what is no more in the list goes for those alone who come from now on; not recorded */
} Published;

void published_done(Published *published);
#define _cleanup_published_ _cleanup_(published_done)

/* Replaces the one of the same port. */
int published_record(const Published *published, Error **ret_error);
int published_read(
	const char *port, Published *ret, Error **ret_error); /* -ENOENT, with no error text */
int published_forget(const char *port,
	Error **ret_error); /* missing is success; the last one takes the folder with it */

/* Calls for each, until one returns other than 0, which is returned. */
typedef int (*PublishedCall)(const Published *published, void *data, Error **ret_error);
int published_each(PublishedCall call, void *data, Error **ret_error);
