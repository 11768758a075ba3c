/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hearing that somebody took away what holds the networks of a container that runs: nftables rules (nft flush ruleset), a bridge. The kernel filters what is
 * told, so that starts and stops of other containers, and what others do with rules of their own, wake nobody; and what the network is found to be is written
 * down, so that of hundreds who hear the same only one has to look.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/attachment.h"
#include "net/kinds.h"

/* Non-blocking; readable when something may have gone. */
int network_watch_open_rules(int *ret_fd, Error **ret_error);
/* Addresses of interfaces; all_links: and interfaces. */
int network_watch_open_links(bool all_links, int *ret_fd, Error **ret_error);
void network_watch_drain(int fd);

/* Counts the changes of the host's nftables rules. */
int network_watch_generation(uint32_t *ret, Error **ret_error);

/* What was found last of a bridge, of ours or the host's: in .network/watch.BRIDGE. */
typedef struct NetworkFound {
	uint32_t generation; /* of the rules when they were whole */
	unsigned int restored; /* how often something had to be made again */
	char *lost; /* why it cannot; NULL: it is whole */
	int64_t age; /* seconds */
} NetworkFound;

void network_found_done(NetworkFound *found);
#define _cleanup_found_ _cleanup_(network_found_done)

int network_found_read(
	const char *bridge, NetworkFound *ret, Error **ret_error); /* missing: all 0 */
int network_found_write(const char *bridge, const NetworkFound *found, Error **ret_error);
void network_found_forget(const char *bridge);

bool network_has_address(const char *interface, uint32_t address);

/* Is the link's network as it was found last? Cheap. ret_bridge: whose record it is; "" for a link that nobody watches. */
int network_is_as_found(const Attachment *link, bool *ret_is, char ret_bridge[static NET_LINK_SIZE],
	NetworkFound *ret_found, Error **ret_error);
/* Nobody speaks through this interface any more. Missing is success. */
void network_link_down(const char *name);
