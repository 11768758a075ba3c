/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last part of entering: the process that is inside already and becomes the command.
 */
#pragma once

#include "engine/enter/request.h"
#include "engine/spec/spec.h"

/* Never returns: execs, or tells the caller why not and ends. */
void enter_inside(const EnterRequest *request, const Spec *spec) _noreturn_;
