/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upgrade's part in a container's tree: the new version of /etc, merged with what is there.
 */
#pragma once

#include "content/etc-before.h"
#include "desc/places.h"
#include "label/label.h"
#include "plan/plan.h"

#define ETC_NEW_SUFFIX ".vsb-new" /* of a new version beside one that the administrator changed */

/* Brings /etc of the tree to what the plan says. The container does not run. dry_run: changes nothing. before: gets what was replaced, for who may want it back; not of an image; or NULL. *ret_notes: a line for each file that is, or would be,
 * added, updated, in conflict, or left though the host has it no more. */
int etc_merge(const Places *places, const Plan *plan, const Label *label, bool dry_run,
	EtcBefore *before, char ***ret_notes, Error **ret_error);
/* Removes the new version of /etc that an interrupted merge was comparing with. Nothing there is success. */
int etc_merge_forget(const Places *places, Error **ret_error);
