/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of siblings in the /etc/hosts of those who may reach them. The caller holds the lock of shared.h.
 */
#pragma once

#include "net/plugin/ports.h"
#include "net/plugin/reach-record.h"

/* After what a container says has changed from `before`: its own file, unless it leaves, and those of the containers that it names or named. */
int hosts_update(const Port *port, const ReachSaid *before, const ReachSaid *said, bool leaves,
	Error **ret_error);
