/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of create that clone and upgrade take as well.
 */
#pragma once

#include "plan/plan.h"
#include "sandbox/registry.h"

/* Resolves units and description, reads the host's facts, makes the plan. Changes nothing. */
int create_think(Desc *desc, Plan **ret, Error **ret_error);
/* Reserves ids, addresses and label for the claimed name and writes them into the description. */
int create_reserve(Desc *desc, Claim *claim, Label **ret_label, Error **ret_error);
/* Writes description, host units and journal link; appends "Created ..." lines. */
int create_publish(const Desc *desc, char ***notes, Error **ret_error);
