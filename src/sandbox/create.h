/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of create that clone and upgrade take as well.
 */
#pragma once

#include <virt-sandbox.h>

#include "plan/plan.h"
#include "sandbox/registry.h"

/* Resolves units and description, reads the host's facts, makes the plan. Changes nothing. */
int create_think(Desc *desc, Plan **ret, Error **ret_error);

/* Writes what was made for the container to the disk: before its description is saved. */
int create_sync(const Desc *desc, Error **ret_error);

/* Makes the container of the claimed name by the plan: reserves ids, addresses and label and writes them into the description, makes the tree, saves the
 * description, writes the host's units. Appends lines for the reader to *notes. What fails is undone and the name is free again. */
int create_make(Desc *desc, const Plan *plan, Claim *claim, vsb_progress progress, void *data,
	char ***notes, Error **ret_error);
