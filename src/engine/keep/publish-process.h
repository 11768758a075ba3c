/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process that relays what comes to published ports by the host's loopback interface.
 */
#pragma once

#include "base/macro.h"

/* In a child between fork and its end, which comes when the other end of the channel is closed. */
_noreturn_ void publish_process(int channel);
