/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known about containers, for list and inspect.
 */
#pragma once

#include <virt-sandbox.h>

#include "desc/desc.h"
#include "engine/state.h"

/* Fills info from description and state. Cheap: a container that does not run costs no system call beyond its files. */
int info_fill(const Desc *desc, const RunState *state, vsb_info *info, Error **ret_error);
