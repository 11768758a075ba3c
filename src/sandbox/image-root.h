/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lowest layer of an image: what a container's root has that is neither a package's nor the container's own, because each start makes it.
 */
#pragma once

#include "content/owner.h"
#include "host/unit-process.h"

/* Fills a directory: places for mounts, links into /usr, an empty machine id, names of the loopback interface. process: the service that is its first
 * process, which needs its directories of /run; NULL: systemd makes them. owners: by the container's own names. */
int image_root_make(const char *directory, const Facts *facts, const UnitProcess *process,
	const OwnerMap *owners, Error **ret_error);
