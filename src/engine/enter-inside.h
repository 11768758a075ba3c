/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last part of entering: the process that is inside already and becomes the command.
 */
#pragma once

#include "engine/enter-request.h"

/* Never returns: execs, or tells the caller why not and ends. */
void enter_inside(const EnterRequest *request) _noreturn_;
