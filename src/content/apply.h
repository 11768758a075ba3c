/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making the tree of a plan, and undoing it by its journal.
 */
#pragma once

#include "content/journal.h"
#include "content/plan-watch.h"
#include "label/label.h"
#include "plan/plan.h"

/* Makes the tree below the directory parent/name, which must not exist yet. Files are owned by ordinary ids as the container's own passwd
 * says, and labelled as they are created. What is done is first written to the journal file, so that plan_undo() of a killed process
 * works. watch may be NULL. ENOSPC and every other failure undoes what was done. */
int plan_apply(const Plan *plan, const char *tree, const char *journal, const Label *label,
	const PlanWatch *watch, Error **ret_error);
/* The same with the entries below content_fd, the empty root of a file system that goes with the tree: what is undone then is the tree's directory alone.
 * content_fd < 0: below the tree. */
int plan_apply_into(const Plan *plan, int content_fd, const char *tree, const char *journal,
	const Label *label, const PlanWatch *watch, Error **ret_error);
