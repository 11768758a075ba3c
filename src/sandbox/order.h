/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which containers are started before which: --requires and --after.
 */
#pragma once

#include "desc/desc.h"

/* At create: those that it requires are there, and none of them waits for it. -ENOENT; -ELOOP. */
int order_check(const Desc *desc, Error **ret_error);
/* Starts what the container requires and does not run, and what that requires. -ELOOP: containers wait for each other. */
int order_start_required(const Desc *desc, Error **ret_error);
