/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Passwords that the administrator brings with --account NAME,password. They are no facts: nobody reads or prints them before the content is made.
 */
#pragma once

#include "desc/desc.h"
#include "plan/plan.h"

/* Puts the host's hashes of these accounts into the plan's /etc/shadow. -ENOKEY: an account has no password. */
int passwords_fill(const Desc *desc, Plan *plan, Error **ret_error);
