/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of clone that import takes as well.
 */
#pragma once

#include "plan/plan.h"
#include "sandbox/container.h"

/* A copy of the description with another name, and without what only one container can have. */
int clone_describe(const Desc *source, const char *name, Desc **ret, Error **ret_error);
/* The plan of a container with this content. */
int clone_plan_tree(
	const char *tree, const Desc *asked, Container *ret, Plan **ret_plan, Error **ret_error);
