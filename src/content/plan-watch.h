/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What whoever applies a plan hears of it: while it goes on, and afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
	char **withheld_keys; /* secrets of the host, which it left behind */
	char **modified_during_copy; /* files that the host wrote to meanwhile: a database whose server runs */
	char **dangling_links; /* links to what the host has where a container has nothing */
	char **devices; /* nodes, which it left behind */
	char **foreign_owners; /* the first of each tree that belongs to a number above those of a container */
} PlanRemarks;

void plan_remarks_done(PlanRemarks *remarks);
#define _cleanup_plan_remarks_ _cleanup_(plan_remarks_done)
