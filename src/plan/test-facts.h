/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts from text, as facts_format() writes them: what tests feed to the planner.
 */
#pragma once

#include "host/facts.h"

/* -EINVAL with the line that is not understood. */
int test_facts_parse(const char *text, Facts **ret, Error **ret_error);
