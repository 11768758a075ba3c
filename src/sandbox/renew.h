/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of upgrade that a renewal takes.
 */
#pragma once

#include "content/etc-before.h"
#include "plan/plan.h"
#include "sandbox/container.h"

/* What an upgrade by this plan would do to /etc, as vsb_upgrade(). */
int upgrade_foresee(const Container *c, const Desc *desc, const Plan *plan, char ***ret_notes,
	Error **ret_error);
/* vsb_upgrade() of a stopped container. before: gets what its /etc was, for who may want it back; NULL: nobody does. */
int upgrade_stopped(const char *name, EtcBefore *before, char ***ret_notes, Error **ret_error);
