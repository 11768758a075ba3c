/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Making the tree of a plan, and undoing it by its journal.
 */
#pragma once

#include "plan/plan.h"

/* Who looks on while a plan is applied; each may be NULL. */
typedef struct PlanWatch {
	void (*progress)(size_t done, size_t all, void *data); /* entries */
	/* A file or link (content: where it leads) was made whose content went through our hands: path inside the container. Large files and secrets
	 * do not. A negative result ends it all. */
	int (*made)(const char *path, bool link, const char *content, size_t size, void *data);
	void *data;
} PlanWatch;

/* Paths inside; a list is NULL when there are none. */
typedef struct PlanRemarks {
	char **kept_back; /* secrets of the host, which it left behind */
	char **changing; /* files that the host wrote to meanwhile: a database whose server runs */
	char **astray; /* links to what the host has where a container has nothing */
} PlanRemarks;

void plan_remarks_done(PlanRemarks *remarks);
#define _cleanup_plan_remarks_ _cleanup_(plan_remarks_done)

/* Makes the tree below the directory parent/name, which must not exist yet. Files are owned by ordinary ids as the container's own passwd
 * says, and labelled as they are created. What is done is first written to the journal file, so that plan_undo() of a killed process
 * works. watch may be NULL. ENOSPC and every other failure undoes what was done. */
int plan_apply(const Plan *plan, const char *tree, const char *journal, const Label *label,
	const PlanWatch *watch, Error **ret_error);
/* The same with the entries below content_fd, the empty root of a file system that goes with the tree: what is undone then is the tree's directory alone.
 * content_fd < 0: below the tree. */
int plan_apply_into(const Plan *plan, int content_fd, const char *tree, const char *journal,
	const Label *label, const PlanWatch *watch, Error **ret_error);
/* What plan_apply() has to say about what it copied, from its journal. */
int plan_remarks(const char *journal, PlanRemarks *ret, Error **ret_error);
/* Removes what the journal says was made, then the journal. A missing journal is success. */
int plan_undo(const char *journal, Error **ret_error);
