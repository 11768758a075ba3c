/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is told of a container that was created: what was left out, what the plan says of its units, what may keep it from starting.
 */
#pragma once

#include "plan/plan.h"
#include "sandbox/registry.h"

int create_notes(const Container *c, const Plan *plan, char ***notes, Error **ret_error);
