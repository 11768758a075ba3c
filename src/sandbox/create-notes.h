/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is told of a container that was created: what was left out, what the plan says of its units, what may keep it from starting.
 */
#pragma once

#include "plan/plan.h"
#include "sandbox/registry.h"

/* Where --egress names siblings that do not let it in: from sibling to sibling needs both. One that there is not yet may say so when it comes. */
int closed_siblings(const Desc *desc, char ***sentences, Error **ret_error);
int create_notes(const Container *c, const Plan *plan, char ***notes, Error **ret_error);
