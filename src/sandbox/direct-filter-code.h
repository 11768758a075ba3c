/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"

/* Appends the step "filter=" to those of the plan's unit, if it has rules for system calls. */
int direct_filter_code(const Plan *plan, char ***steps, Error **ret_error);
