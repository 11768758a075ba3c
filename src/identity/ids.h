/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of user and group ids: DESC_ID_COUNT host ids for each container, never shared, reserved: on disk for containers,
 * until the next restart of the host for sandboxes.
 */
#pragma once

#include "desc/identity.h"
#include "base/reservation.h"
#include "identity/host-ids.h"

/* The host ids that containers may use, as systemd assigns them (UIDS-GIDS: "container UID range"). */
#define IDS_FIRST 0x00080000u
#define IDS_LAST 0x6fffffffu
/* How many ranges at the upper end are for sandboxes of one command. */
#define IDS_SANDBOXES 8192u

/* Reserves a range for owner and says its first id in *base; a base that is there already is reserved as it is (-EADDRINUSE when somebody
 * else has it, with a sentence that names him). A range that is owner's already is confirmed. host: whose ids are to be avoided; NULL: only other
 * containers'. Cost does not depend on the number of containers. -ENOSPC: all ranges are in use. */
int ids_reserve(uint32_t *base, const char *owner, const HostIds *host, Error **ret_error);
/* Gives the range from base back, if it is owner's; base 0: all that is owner's. Nothing to do is success. */
int ids_release(uint32_t base, const char *owner, Error **ret_error);

/* Who but owner has one of these ids reserved; empty: nobody. */
void ids_holder(uint32_t first, uint32_t count, const char *owner,
	char ret_holder[static RESERVATION_OWNER_MAX]);

/* The owner of a sandbox that lives only as long as this process; its range is free again when the process is gone. */
#define IDS_OWNER_MAX 32
void ids_owner_process(char ret[static IDS_OWNER_MAX]);
