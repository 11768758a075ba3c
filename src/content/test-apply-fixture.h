/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A place to apply plans in: a source, and where tree and journal will be. For tests.
 */
#pragma once

#include <sys/stat.h>

#include "plan/plan.h"
#include "plan/secret.h"

typedef struct Place {
	char *base, *source, *tree, *journal;
} Place;

extern SecretWords *secrets; /* of our own rules */

void put(const char *folder, const char *name, const char *text);
void folder(const char *above, const char *name);
int set_up(void **state);
int load_secrets(void **state);
int free_secrets(void **state);
int tear_down(void **state);
/* A plan of these entries, which are in order. */
void plan_init(Plan *plan, PlanEntry *entries, size_t n);
PlanEntry dir(const char *path);
PlanEntry text(const char *path, const char *content);
PlanEntry tree(const char *path, const char *source);
void apply(const Plan *plan, const Place *place);
/* The content of a file of the tree, or NULL if there is none. */
char *content(const Place *place, const char *path);
struct stat status(const Place *place, const char *path);
void assert_content(const Place *place, const char *path, const char *expected);
void assert_fifo(const Place *place, const char *path);
void assert_missing(const Place *place, const char *path);
/* Nothing but the source is left. */
void assert_clean(const Place *place);
