/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reload of a container that runs: by a signal to PID 1, or by the systemd inside.
 */
#pragma once

#include "engine/keep/control-server.h"
#include "engine/keep/inquiry.h"
#include "engine/keep/notify.h"

/* By this inquiry, which is idle. 0: done; 1: begun, and the server's clients will be told. */
int reload_begin(
	ControlServer *server, Inquiry *inquiry, const EnterSpec *container, Error **ret_error);
/* What the first process says that came of a signal; nothing, most often. */
void reload_answered(ControlServer *server, NotifyReload answer);
